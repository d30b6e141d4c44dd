"""Where the processes of one server share their counters: prometheus-client's multiprocess mode.

The library chooses its mode by a variable when it is imported, so the commands set it and begin anew.
"""

import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def is_shared() -> bool:
    return VARIABLE in os.environ


def prepare(var_dir: Path, name: str) -> None:
    """An empty folder for one server, named by its port: another one on this machine has another.

    So MASKR_VAR_DIR must be this machine's or container's own: in one that several share, a server
    that starts would take the counters from those that run.
    """
    folder = var_dir / "metrics" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ[VARIABLE] = str(folder)


def begin_anew() -> NoReturn:
    """The same command again, in this process, with the variable set before anything is counted."""
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  # our own command


def counters() -> CollectorRegistry:
    """What the processes of this server counted; made anew each time where there are several."""
    if not is_shared():
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def forget_process(pid: int) -> None:
    """What it counted stays; what it was doing is no longer done."""
    if is_shared():
        mark_process_dead(pid)  # type: ignore[no-untyped-call]
