"""Numbered steps with their times, and the one exception that ends a demonstration."""

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import TextIO

STEPS = 7


class DemoFailed(Exception):
    """The message is the one sentence that says what to do."""


class Step:
    """A line on the terminal that may be continued by notes and ends with its time."""

    def __init__(self, number: int, what: str, out: TextIO) -> None:
        self.out = out
        self.started = time.perf_counter()
        self.is_broken = False
        self._write(f"[{number}/{STEPS}] {what} …")

    def note(self, sentence: str) -> None:
        """A line of its own under the step."""
        self._write(f"\n      {sentence}")
        self.is_broken = True

    def break_line(self) -> None:
        """Before others write to the terminal themselves."""
        self._write("\n")

    def end(self, result: str = "") -> None:
        lead = "\n      " if self.is_broken else " "
        seconds = f"{time.perf_counter() - self.started:.1f} s"
        self._write(f"{lead}{result}{', ' if result else ''}{seconds}\n")

    def _write(self, text: str) -> None:
        self.out.write(text)
        self.out.flush()


@contextlib.contextmanager
def step(number: int, what: str, out: TextIO = sys.stdout) -> Iterator[Step]:
    """The caller may end it with a result; else it ends with its time alone."""
    running = Step(number, what, out)
    try:
        yield running
    except BaseException:
        out.write("\n")
        raise
    running.end()
