"""Many calls at one moment, each in a thread of its own; clocks that are wrong; waiting for others."""

import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, tzinfo
from typing import Any, TypeVar

import pytest
from django.db import connection
from django.utils import timezone

A = TypeVar("A")


def at_once(work: Callable[[A], object], arguments: Iterable[A]) -> list[Any]:
    """The results in the order of the arguments; an exception counts as a result."""
    given = list(arguments)
    results: list[Any] = [None] * len(given)
    gate = threading.Barrier(len(given))

    def run(index: int) -> None:
        gate.wait()
        try:
            results[index] = work(given[index])
        except Exception as error:
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[index]) for index in range(len(given))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def until(is_so: Callable[[], object], timeout_s: float = 20.0, every_s: float = 0.05) -> None:
    """Returns as soon as the condition holds; fails when it does not in time."""
    deadline = time.monotonic() + timeout_s
    pause = threading.Event()
    while not is_so():
        assert time.monotonic() < deadline, f"did not happen within {timeout_s:g} s"
        pause.wait(every_s)


def move_clock(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """What this process takes for now is so much later; the database's clock stays right.

    Also for who holds Django's `now` itself, as fields do whose default it is.
    """
    before = timezone.datetime  # type: ignore[attr-defined]

    class Moved(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            moment: datetime = before.now(tz)
            return moment + timedelta(seconds=seconds)

    monkeypatch.setattr(timezone, "datetime", Moved)
