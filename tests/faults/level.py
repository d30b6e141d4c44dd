"""How much of the fault suite runs: `make faults` sets MASKR_FAULTS=full, plain pytest runs a part."""

import os

import pytest

IS_FULL = os.environ.get("MASKR_FAULTS") == "full"
full_only = pytest.mark.skipif(not IS_FULL, reason="only in make faults")


def at_level(full: int, part: int) -> int:
    """How often to do something: in full, or in the part that every run of the tests does."""
    return full if IS_FULL else part
