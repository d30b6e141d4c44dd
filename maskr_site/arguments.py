"""Types of arguments, for argparse: what it says of a wrong one names the argument."""

from argparse import ArgumentTypeError


def from_1(text: str) -> int:
    """Raises ArgumentTypeError."""
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise ArgumentTypeError(f"must be a number from 1 on, not {text!r}")


def port(text: str) -> int:
    """Raises ArgumentTypeError."""
    if text.isdecimal() and 0 < int(text) < 65_536:
        return int(text)
    raise ArgumentTypeError(f"must be a number from 1 to 65535, not {text!r}")
