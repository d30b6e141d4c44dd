"""What the proxies in front of products have in common: a process that listens on a free port."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

from tests.live.product import until
from tests.needs import need


class Front:
    """Serves until closed; `url` is where."""

    #: The program, which the system's package puts among those of its administrator.
    program: str

    def __init__(self, folder: Path, backends: list[str]) -> None:
        folder.mkdir()
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.config = folder / "front.conf"
        self.config.write_text(self._text(backends))
        self.config.chmod(0o644)
        self.process = subprocess.Popen([_installed(self.program), *self._options()])
        until(self._listens, 20)

    def _text(self, backends: list[str]) -> str:
        """All that it is told: the file of deploy/, where only the addresses differ, in a frame."""
        raise NotImplementedError

    def _options(self) -> list[str]:
        """How it reads `config`, and stays in the foreground."""
        raise NotImplementedError

    def _listens(self) -> bool:
        assert self.process.poll() is None, (self.folder / "error.log").read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def _installed(program: str) -> str:
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
    if not found:
        need(program, "not installed")
    return str(found)
