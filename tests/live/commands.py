"""`manage.py` for a product under test: to import it all takes longer than most commands do.

A process that has set Django up in the product's environment forks for each command, and the fork
runs `manage.py` as it is.

    python -m tests.live.commands     (that process, started by `Commands`)
"""

import contextlib
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
#: Of one command, which ends with an error after that.
_LIMIT_S = 60


class Commands:
    """Of one environment, until closed."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = dict(environment)
        self._one_at_a_time = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.live.commands"],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def run(self, *arguments: str) -> str:
        """What the command printed; what it complained of fails the test."""
        asking, answering = self._process.stdin, self._process.stdout
        assert asking and answering
        with self._one_at_a_time:
            asking.write(json.dumps(arguments).encode() + b"\n")
            asking.flush()
            answer = answering.readline()
        assert answer, "the product's settings or modules cannot be loaded"
        code, printed, complaint = json.loads(answer)
        assert code == 0, complaint
        return str(printed)

    def close(self) -> None:
        self._process.kill()  # between two commands there is nothing to lose
        self._process.communicate()


def _serve() -> None:
    """A line of arguments comes in, a line with exit status and output goes out."""
    import django

    from maskr_site import command_line  # noqa: F401 - here, and not in each fork

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maskr_site.settings")
    django.setup()
    assert threading.active_count() == 1, "a fork would lack the other threads"
    for line in sys.stdin:
        print(json.dumps(_forked(json.loads(line))), flush=True)


def _forked(arguments: list[str]) -> tuple[int, str, str]:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        pid = os.fork()
        if pid == 0:
            _become(arguments, out, err)
        _, status = os.waitpid(pid, 0)
        return os.waitstatus_to_exitcode(status), _text(out), _text(err)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def _become(arguments: list[str], out: IO[bytes], err: IO[bytes]) -> None:
    """Never returns."""
    code = 1
    try:
        signal.alarm(_LIMIT_S)
        with open(os.devnull, "rb") as nothing:
            for number, file in enumerate((nothing, out, err)):
                os.dup2(file.fileno(), number)
        sys.argv = ["manage.py", *arguments]
        runpy.run_path("manage.py", run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(bool(end.code))
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve()
