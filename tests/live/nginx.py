"""nginx with the file of deploy/, in front of products on free ports."""

import os
import shutil
import socket
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from tests.live.product import until
from tests.needs import need
from tests.settings import ROOT

_FRAME = """\
worker_processes 1;
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {site}
}}
"""


class Nginx:
    """Serves until closed; `url` is where."""

    def __init__(self, folder: Path, backends: list[str]) -> None:
        folder.mkdir()
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        config = folder / "nginx.conf"
        config.write_text(_FRAME.format(folder=folder, site=self._site(backends)))
        config.chmod(0o644)
        self.process = subprocess.Popen([nginx(), "-p", folder, "-c", config])
        until(self._listens, 20)

    def _site(self, backends: list[str]) -> str:
        """The file itself: only the addresses differ."""
        text = (ROOT / "deploy" / "nginx.conf").read_text()
        server = "    server web:8000 max_fails=0;\n"
        assert server in text
        assert "listen 80;" in text
        servers = (server.replace("web:8000", urlsplit(url).netloc) for url in backends)
        return text.replace(server, "".join(servers)).replace(
            "listen 80;", f"listen 127.0.0.1:{self.port};"
        )

    def _listens(self) -> bool:
        assert self.process.poll() is None, (self.folder / "error.log").read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def nginx() -> str:
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if not found:
        need("nginx", "not installed")
    return str(found)
