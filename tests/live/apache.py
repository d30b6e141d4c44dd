"""Apache with the file of deploy/, in front of products on free ports."""

import os
import re
from pathlib import Path

from tests.live.front import Front
from tests.settings import ROOT

_FILE = ROOT / "deploy" / "apache.conf"
#: Of those that the system's package loads by itself; the file says which others are to be enabled.
_LOADED = ["mpm_event", "authz_core", "alias", "env"]
_FOLDER = "/usr/lib/apache2/modules"
_FRAME = """\
{modules}
ServerName localhost
Listen 127.0.0.1:{port}
DefaultRuntimeDir {folder}
PidFile {folder}/pid
ErrorLog {folder}/error.log
{user}
{site}
"""


class Apache(Front):
    """With another grace than the file's where a test has no time for that."""

    program = "apache2"

    def __init__(self, folder: Path, backends: list[str], grace_s: int = 20) -> None:
        self._grace_s = grace_s
        super().__init__(folder, backends)

    def _text(self, backends: list[str]) -> str:
        text = _FILE.read_text()
        (enabled,) = re.findall(r"^# +a2enmod (.+)$", text, re.M)
        modules = [*_LOADED, *enabled.split()]
        return _FRAME.format(
            modules="\n".join(f"LoadModule {m}_module {_FOLDER}/mod_{m}.so" for m in modules),
            user="User nobody\nGroup nogroup" if os.geteuid() == 0 else "",
            port=self.port,
            folder=self.folder,
            site=self._site(text, backends),
        )

    def _site(self, text: str, backends: list[str]) -> str:
        (member,) = [line for line in text.splitlines(keepends=True) if "BalancerMember" in line]
        members = (member.replace("http://127.0.0.1:8000", url) for url in backends)
        text = text.replace(member, "".join(members))
        for before, after in {
            "<VirtualHost *:80>": f"<VirtualHost 127.0.0.1:{self.port}>",
            "header=20-40": f"header={self._grace_s}-40",
            "body=20,": f"body={self._grace_s},",
        }.items():
            assert before in text
            text = text.replace(before, after)
        return text

    def _options(self) -> list[str]:
        return ["-d", str(self.folder), "-f", str(self.config), "-D", "FOREGROUND"]
