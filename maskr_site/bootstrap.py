"""Makes .venv and installs the locked packages. Standard library only: nothing is installed yet.

    python3.11 -I maskr_site/bootstrap.py [--steps N]

Ends at once when the lock has not changed since the last time. Every failure ends in a sentence.
"""

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess  # noqa: S404
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements-dev.lock"
STAMP = VENV / ".installed"
# Lies there while packages are written: one that was cut short looks installed to uv and to pip.
UNFINISHED = VENV / ".installing"
UV = "uv==0.13.8"
OLDEST = (3, 11)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, help="number the two steps, as 1 and 2 of this many")
    steps = parser.parse_args().steps
    if sys.version_info < OLDEST:
        stop(
            f"Maskr needs Python 3.11 or newer and this is {sys.version.split()[0]}: "
            "install python3.11 and run the same command again."
        )
    with alone():
        make_complete(steps)


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Waits for another installation here, which would look as if it had been cut short."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def make_complete(steps: int | None) -> None:
    count = LOCK.read_text().count("==")
    if is_complete():
        if steps:
            print(f"[1/{steps}] The virtual environment is there")
            print(f"[2/{steps}] {count} packages are installed", flush=True)
        return
    with step(1, steps, "Making the virtual environment"):
        make_environment()
    with step(2, steps, f"Installing {count} packages"):
        UNFINISHED.touch()
        before = installed()
        try:
            install()
        except SystemExit:
            # Nothing could be fetched: the packages of before are whole, and serve on.
            if installed() == before:
                UNFINISHED.unlink()
            raise
        STAMP.write_text(fingerprint())
        UNFINISHED.unlink()


def is_complete() -> bool:
    if UNFINISHED.exists() or not STAMP.is_file():
        return False
    return STAMP.read_text() == fingerprint() and is_usable()


def is_usable() -> bool:
    """Also with pip, which fetches some of the models."""
    code = "import pip, sys; assert sys.version_info >= (3, 11)"
    return PYTHON.is_file() and run([str(PYTHON), "-c", code]).returncode == 0


def fingerprint() -> str:
    """Of what is to be installed, and where: a folder that was moved is installed anew."""
    return f"{hashlib.sha256(LOCK.read_bytes()).hexdigest()} {VENV}\n"


def make_environment() -> None:
    if is_usable() and not UNFINISHED.exists():
        return
    shutil.rmtree(VENV, ignore_errors=True)
    done = run([sys.executable, "-m", "venv", str(VENV)])
    if done.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        if "ensurepip" in done.stdout + done.stderr:
            stop("Python came without venv: install python3-venv (python3.11-venv) and try again.")
        stop(f"The virtual environment could not be made in {VENV}: {last_line(done)}")


def installed() -> set[str]:
    """What lies where packages do: with their versions, so that each that is written or removed shows."""
    return {path.name for path in VENV.glob("lib/python*/site-packages/*")}


def install() -> None:
    """With uv in a quarter of the time; with pip where uv cannot be had or does not manage."""
    options = ["--require-hashes", "--quiet", "-r", str(LOCK)]
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check"]
    uv = VENV / "bin" / "uv"
    if not uv.is_file():
        run([*pip, "install", "--quiet", "--retries", "1", UV])
    if uv.is_file():
        done = run([str(uv), "pip", "install", "--python", str(PYTHON), *options])
        if done.returncode == 0:
            return
        say(f"uv did not manage ({last_line(done)}); trying pip, which is slower")
    done = run([*pip, "install", "--retries", "2", *options])
    if done.returncode:
        say(last_line(done))
        stop(
            "The packages could not be installed: check that this machine reaches its Python "
            "package index (network, proxy, pip's configuration), then run the same command again."
        )


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # fixed programs, no shell
        command, capture_output=True, text=True, cwd=ROOT, check=False
    )


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return lines[-1].strip()[:200] if lines else f"exit status {done.returncode}"


@contextlib.contextmanager
def step(number: int, steps: int | None, what: str) -> Iterator[None]:
    started = time.perf_counter()
    prefix = f"[{number}/{steps}] " if steps else ""
    print(f"{prefix}{what} …", end="", flush=True)
    yield
    print(f" {time.perf_counter() - started:.1f} s", flush=True)


def say(sentence: str) -> None:
    print(f"\n      {sentence} …", end="", flush=True)


def stop(sentence: str) -> NoReturn:
    print(flush=True)
    sys.exit(sentence)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        stop("Stopped. Run the same command again to go on.")
    except OSError as error:
        stop(
            f"{error.filename or VENV}: {error.strerror}. Make room or allow writing, then try again."
        )
