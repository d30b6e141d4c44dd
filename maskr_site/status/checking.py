"""Runs the checks side by side and answers in time, also when a part hangs."""

import threading
import time
from collections.abc import Callable

from botocore.exceptions import ClientError
from django.db import connection

from maskr_site.status import parts
from maskr_site.status.parts import Part

#: The whole answer takes no longer, whatever hangs; balancers give up after a few seconds.
DEADLINE_S = 2.5
#: How long people are shown the same answer.
FRESH_S = 5.0

_lock = threading.Lock()
_running: dict[str, "_Run"] = {}
_latest: tuple[float, dict[str, Part]] = (float("-inf"), {})


class _Run(threading.Thread):
    """The checks of one group, one after the other; never two of a group at a time.

    A daemon: one that hangs for ever must not keep the process from ending.
    """

    def __init__(self, group: str, checks: dict[str, Callable[[], Part]]) -> None:
        super().__init__(name=f"check of {group}", daemon=True)
        self.checks = checks
        self.found: dict[str, Part] = {}

    def run(self) -> None:
        try:
            for name, check in self.checks.items():
                self.found[name] = _checked(check)
        finally:
            connection.close()


def check_all() -> dict[str, Part]:
    """Each part with `ok` and `ms`. A part that has not answered in time is not ok."""
    started = time.perf_counter()
    runs = [_run_of(group) for group in parts.GROUPS]
    found: dict[str, Part] = {}
    for run in runs:
        run.join(max(0.0, DEADLINE_S - (time.perf_counter() - started)))
        waited_ms = round((time.perf_counter() - started) * 1000, 1)
        late: Part = {"ok": False, "error": "no answer in time", "ms": waited_ms}
        found |= dict.fromkeys(run.checks, late) | dict(run.found)
    return {name: found[name] for name in parts.NAMES}


def check_lately() -> dict[str, Part]:
    """The same, at most some seconds old: any number of visitors cause one check."""
    global _latest
    moment, found = _latest
    if time.monotonic() - moment > FRESH_S:
        found = check_all()
        _latest = time.monotonic(), found
    return found


def forget() -> None:
    """For tests: the next answers are found out anew."""
    global _latest
    _latest = float("-inf"), {}


def _run_of(group: str) -> _Run:
    """The one that runs, or a new one: a part that hangs is not asked again and again."""
    with _lock:
        run = _running.get(group)
        if run is None or not run.is_alive():
            run = _running[group] = _Run(group, parts.GROUPS[group])
            run.start()
        return run


def _checked(check: Callable[[], Part]) -> Part:
    started = time.perf_counter()
    try:
        part = check()
    except parts.TROUBLE as error:
        part = {"ok": False, "error": _kind(error)}
    return part | {"ms": round((time.perf_counter() - started) * 1000, 1)}


def _kind(error: Exception) -> str:
    """A bucket's own word for it, such as ExpiredToken; else the class: messages hold names of hosts and users."""
    code = error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else ""
    return code or type(error).__name__
