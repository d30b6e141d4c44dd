"""The peer: rembg from its registry, in an environment of its own, on the weights Maskr verified."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.product import ROOT

_REQUIREMENT = "rembg[cpu,cli]>=2.0.60,<3"
_FOLDER = ROOT / ".cache" / "rembg"
_FILES = {"u2netp": "u2netp.onnx", "isnet": "isnet-general-use.onnx"}
MODELS = Path(os.environ.get("MODELS_DIR", str(ROOT / "var" / "models")))
_WORKER = """
import json, sys, time
from rembg import new_session, remove
sessions = {}
for line in sys.stdin:
    order = json.loads(line)
    data = open(order["path"], "rb").read()
    name = order["model"]
    if name not in sessions:
        sessions[name] = new_session(name)
    started = time.perf_counter()
    result = remove(data, session=sessions[name], only_mask=order["only_mask"])
    took_ms = (time.perf_counter() - started) * 1000
    with open(order["target"], "wb") as file:
        file.write(result)
    print(json.dumps(took_ms), flush=True)
"""


class Worker:
    """rembg's library in a process of its own, asked for one picture at a time."""

    def __init__(self, process: subprocess.Popen[str], scratch: Path) -> None:
        self._process = process
        self._scratch = scratch

    def remove(self, picture: Path, network: str, *, only_mask: bool) -> tuple[float, bytes]:
        """Return the milliseconds of the call in its own process, and the PNG."""
        model = "isnet-general-use" if network == "isnet" else network
        target = self._scratch / "rembg.png"
        order = {
            "path": str(picture),
            "model": model,
            "only_mask": only_mask,
            "target": str(target),
        }
        assert self._process.stdin and self._process.stdout
        print(json.dumps(order), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("rembg ended")
        return float(json.loads(answer)), target.read_bytes()


@contextlib.contextmanager
def worker(scratch: Path) -> Iterator[Worker]:
    process = subprocess.Popen(
        [str(environment_folder() / "bin" / "python"), "-c", _WORKER],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield Worker(process, scratch)
    finally:
        process.terminate()
        process.wait(timeout=30)


def environment() -> dict[str, str]:
    """Return the variables it runs with. Its own digest check asks a model hub."""
    home = environment_folder() / "weights"
    home.mkdir(exist_ok=True)
    for name, file_name in _FILES.items():
        source, link = (MODELS / f"{name}.onnx").resolve(), home / file_name
        if source.is_file() and not link.exists():
            link.unlink(missing_ok=True)
            link.symlink_to(source)
    return os.environ | {"U2NET_HOME": str(home), "MODEL_CHECKSUM_DISABLED": "1"}


def environment_folder() -> Path:
    """Return where it is installed, which the first call sees to."""
    if not (_FOLDER / "bin" / "rembg").exists():
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(_FOLDER)], check=True)
        python = str(_FOLDER / "bin" / "python")
        subprocess.run([uv, "pip", "install", "-q", "--python", python, _REQUIREMENT], check=True)
    return _FOLDER
