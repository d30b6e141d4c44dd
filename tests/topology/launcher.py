"""manage.py for the processes of the suite: over its small networks, and closed to work between tests.

python -m tests.topology.launcher serve --port 8001
python -m tests.topology.launcher worker
"""

import fcntl
import os
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management import execute_from_command_line

from inference.config import InferenceConfig
from inference.weights import CATALOGUE
from tests.graphs import describe

#: Asked for between tests: what the process remembers of the last one is dropped.
FORGET = "/tests/forget"
#: Names the file that the test process locks while no job is to be worked.
GATE = "MASKR_TESTS_GATE"
_STAND_INS = ("u2netp", "migan")


def stand_in() -> None:
    """The engines of this process accept the graphs that lie in its MODELS_DIR."""
    from services import engines

    folder = Path(os.environ["MODELS_DIR"])
    rows = {
        name: describe(folder / CATALOGUE[name].file_name, CATALOGUE[name]) for name in _STAND_INS
    }
    catalogue = dict(CATALOGUE) | rows
    engines.InferenceConfig = partial(InferenceConfig, catalogue=catalogue)  # type: ignore[attr-defined,assignment]


def heed_the_gate() -> None:
    """A message that comes while the gate is closed is dropped: nobody works."""
    from services import tasks

    perform, path = tasks._perform, os.environ[GATE]

    def perform_if_open(job_id: str, request_id: str, *, in_batches: bool) -> None:
        with open(path) as gate:
            try:
                fcntl.flock(gate, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            perform(job_id, request_id, in_batches=in_batches)

    tasks._perform = perform_if_open


def serve() -> None:
    from maskr_site.server import Server

    load = Server.load
    Server.load = lambda server: _forgetting(load(server))  # type: ignore[method-assign,assignment]
    execute_from_command_line(["manage.py", *sys.argv[1:]])


def work() -> None:
    """The command replaces itself by Dramatiq's, which is to import the suite's module of workers."""
    replace = os.execv

    def replaced(program: str, command: list[str]) -> None:
        name = {"maskr_site.worker": "tests.topology.working"}
        replace(program, [name.get(word, word) for word in command])

    os.execv = replaced  # type: ignore[assignment]
    execute_from_command_line(["manage.py", *sys.argv[1:]])


def _forgetting(application: Any) -> Any:
    from services import admission, fairness, turned_away

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != FORGET:
            return application(environ, start_response)
        for memory in (admission, fairness, turned_away):
            memory.forget()
        start_response("200 OK", [("Content-Length", "0")])
        return [b""]

    return answer


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maskr_site.settings")
    stand_in()
    serve() if sys.argv[1] == "serve" else work()
