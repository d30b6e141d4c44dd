"""nginx with the file of deploy/, in front of products on free ports."""

from urllib.parse import urlsplit

from tests.live.front import Front
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


class Nginx(Front):
    program = "nginx"

    def _text(self, backends: list[str]) -> str:
        text = (ROOT / "deploy" / "nginx.conf").read_text()
        server = "    server web:8000 max_fails=0;\n"
        assert server in text
        assert "listen 80;" in text and "listen [::]:80;" in text
        servers = (server.replace("web:8000", urlsplit(url).netloc) for url in backends)
        site = text.replace(server, "".join(servers))
        site = site.replace("listen 80;", f"listen 127.0.0.1:{self.port};")
        site = site.replace("listen [::]:80;", f"listen [::1]:{self.port};")
        return _FRAME.format(folder=self.folder, site=site)

    def _options(self) -> list[str]:
        return ["-p", str(self.folder), "-c", str(self.config)]
