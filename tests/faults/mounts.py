"""Small file systems in memory, to be filled and to be made read-only."""

import os
import subprocess
from pathlib import Path

from tests.needs import need

_BLOCK = 4096


class SmallDisk:
    """Mounted until closed; whoever may not mount skips the test."""

    def __init__(self, place: Path, megabytes: int) -> None:
        self.place = place
        place.mkdir(mode=0o777)
        _mount(place, f"size={megabytes}m,mode=777")
        self._filler = place / "filler"
        self._shadows = 0

    def fill(self, leaving_bytes: int = 0) -> None:
        """Leaves room for so many bytes, in whole blocks."""
        with self._filler.open("ab") as filler:
            free = os.statvfs(self.place)
            blocks = free.f_bfree * free.f_frsize // _BLOCK - -(-leaving_bytes // _BLOCK)
            os.posix_fallocate(filler.fileno(), filler.tell(), blocks * _BLOCK)

    def free(self) -> None:
        self._filler.unlink(missing_ok=True)

    @property
    def used_bytes(self) -> int:
        """Also by files without a name that are still open."""
        room = os.statvfs(self.place)
        return (room.f_blocks - room.f_bfree) * room.f_frsize

    def grow(self, megabytes: int) -> None:
        _mount(self.place, f"remount,size={megabytes}m")

    def make_read_only(self) -> None:
        """For whoever opens a path from now on: one without a file, that nobody can write to."""
        _mount(self.place, "ro,size=1m")
        self._shadows += 1

    def make_writable(self) -> None:
        _unmount(self.place)
        self._shadows -= 1

    def close(self) -> None:
        for _ in range(self._shadows + 1):
            _unmount(self.place)


def _mount(place: Path, options: str) -> None:
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "maskr-tests", place],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        # CI is root; elsewhere there is no other way to a disk that is full.
        need("A small disk", done.stderr.strip() or "mounting is not allowed")


def _unmount(place: Path) -> None:
    # Lazily: a process may still hold a file there.
    subprocess.run(["umount", "-l", place], check=True)
