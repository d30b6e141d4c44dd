"""Packages of npm that tests need: installed once for all test processes, and kept."""

import shutil
import subprocess
from pathlib import Path

from filelock import FileLock

from tests.needs import need
from tests.settings import ROOT


def installed(name: str, packages: tuple[str, ...]) -> Path:
    """The node_modules of a folder of that name. Without npm the test is skipped; in CI it fails."""
    if not shutil.which("npm"):
        need("npm", "Node.js is not installed")
    folder = ROOT / ".cache" / name
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        done = folder / "installed.txt"
        if not done.exists() or done.read_text() != repr(packages):
            _install(folder, packages)
            done.write_text(repr(packages))
    return folder / "node_modules"


def _install(folder: Path, packages: tuple[str, ...]) -> None:
    (folder / "package.json").write_text('{"private": true}')
    install = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"]
    command = [*install, "--ignore-scripts", "--omit=peer", *packages]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=180)
    if run.returncode:
        need("npm", run.stderr[-300:])
