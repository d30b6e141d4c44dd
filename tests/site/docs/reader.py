"""Runs the snippets of a page as a reader would, in order, in one folder, against a real server."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from maskr_site.docs.rendering import Snippet
from tests.pictures import disc, encoded

_TIMEOUT_S = 60


def lay_out(folder: Path) -> None:
    """The files that the snippets name: photographs of a bright disc, and its masks."""
    photo = disc(640, 480)
    for number in ("", "1", "2", "3"):
        (folder / f"photo{number}.jpg").write_bytes(encoded(photo, "JPEG"))
        (folder / f"mask{number}.png").write_bytes(encoded(photo.convert("L")))


class Reader:
    """Remembers what the last snippet printed, for the sample that follows it."""

    def __init__(self, folder: Path, key: str) -> None:
        self.folder = folder
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(folder),
            "MASKR_KEY": key,
        }
        self.printed = ""

    def read(self, snippet: Snippet) -> None:
        """Runs what is to run and compares what is a sample of an answer."""
        if "run" in snippet.marks:
            self._run(snippet)
        elif "exact" in snippet.marks:
            assert json.loads(self.printed) == json.loads(snippet.code)
        elif snippet.marks == {"answer"} and snippet.language == "json":
            assert list(differences(json.loads(snippet.code), json.loads(self.printed))) == []
        elif snippet.marks == {"answer"} and snippet.language == "http":
            assert missing_lines(snippet.code, self.printed) == []

    def _run(self, snippet: Snippet) -> None:
        name, command = {
            "bash": ("snippet.sh", ["bash", "-eo", "pipefail"]),
            "python": ("snippet.py", [sys.executable]),
            "javascript": ("snippet.mjs", ["node"]),
        }[snippet.language]
        (self.folder / name).write_text(snippet.code)
        done = subprocess.run(
            [*command, name],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
        )
        assert done.returncode == 0, f"{snippet.code}\n{done.stderr[-2000:]}"
        self.printed = done.stdout
        self._must_not_be_refused(snippet)

    def _must_not_be_refused(self, snippet: Snippet) -> None:
        # curl without -f ends well whatever the answer was; only samples may show refusals.
        if "refused" in snippet.marks:
            return
        assert not re.search(r'^\{"(detail|error|errors|code)":', self.printed, re.M), self.printed


def differences(sample: Any, real: Any, place: str = "") -> Iterator[str]:
    """Keys, their order and kinds of values; a list's first item stands for the rest."""
    if kind(sample) != kind(real):
        yield f"{place}: {kind(sample)} in the sample, {kind(real)} in the answer"
    elif isinstance(sample, dict):
        if list(sample) != list(real):
            yield f"{place}: {list(sample)} in the sample, {list(real)} in the answer"
        for name in sample.keys() & real.keys():
            yield from differences(sample[name], real[name], f"{place}.{name}")
    elif isinstance(sample, list):
        for index, (mine, theirs) in enumerate(zip(sample, real, strict=False)):
            yield from differences(mine, theirs, f"{place}[{index}]")


def kind(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return type(value).__name__
    return "number"


def missing_lines(sample: str, printed: str) -> list[str]:
    """The status line and the names of headers that the answer does not have; a body counts whole."""
    head, _, body = sample.partition("\n\n")
    first, *headers = head.splitlines()
    wanted = [first.split(" ", 1)[1], *(line.split(":")[0] + ":" for line in headers)]
    wanted += [body.strip()] if body.strip() else []
    return [text for text in wanted if text.lower() not in printed.lower()]
