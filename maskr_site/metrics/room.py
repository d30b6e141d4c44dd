"""Counters of several processes, whose place on the disk is theirs before anything is written there.

prometheus-client maps files that are longer than what was ever written to them: the first write for
which a full disk has no block ends the process, by SIGBUS, and so it does with every one that is
begun in its place. Here a process whose counters have no room counts in its memory: nobody is told
what it counts from then on, and everybody is served.
"""

import errno
import mmap
import os
from typing import Any

from prometheus_client import values
from prometheus_client.mmap_dict import MmapedDict

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
#: As the library begins a file.
_FIRST_BYTES = 1 << 16
#: What an entry takes beside its key, at most.
_ENTRY_BYTES = 40


def be_careful() -> None:
    """From now on in this process. Before the first metric is made."""
    if hasattr(os, "memfd_create"):
        values.MmapedDict = ReservedDict  # type: ignore[attr-defined]


class ReservedDict(MmapedDict):
    """As the library's, over blocks that the file has."""

    _f: Any
    _m: mmap.mmap
    _capacity: int
    _used: int

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        place = filename if read_mode or _is_reserved(filename) else _in_memory()
        super().__init__(place, read_mode)  # type: ignore[no-untyped-call]

    def _init_value(self, key: str) -> None:
        while self._used + len(key.encode()) + _ENTRY_BYTES > self._capacity:
            self._grow(2 * self._capacity)
        super()._init_value(key)  # type: ignore[no-untyped-call]

    def _grow(self, wanted: int) -> None:
        if not _has_room(self._f.fileno(), wanted):
            # The file stays as it is, with what was counted so far.
            self._f.close()
            self._f = open(_in_memory(), "a+b")  # noqa: SIM115  # kept, as the library keeps its own
            self._f.truncate(wanted)
        counted = self._m[: self._used]
        self._capacity, self._m = wanted, mmap.mmap(self._f.fileno(), wanted)
        self._m[: self._used] = counted


def _is_reserved(filename: str) -> bool:
    try:
        with open(filename, "a+b") as file:
            if _has_room(file.fileno(), _FIRST_BYTES):
                return True
            if not file.tell():
                os.unlink(filename)  # an empty one is none that can be read
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
    return False


def _has_room(file: int, wanted: int) -> bool:
    """Whether the file has so many bytes now. On a disk that reserves none the library's way must do."""
    before = os.fstat(file).st_size
    try:
        os.posix_fallocate(file, 0, wanted)
    except OSError as error:
        is_full = error.errno in _NO_ROOM
        os.ftruncate(file, before if is_full else max(before, wanted))
        return not is_full
    return True


def _in_memory() -> str:
    """The name of a file that lies nowhere, for as long as this process lives."""
    return f"/proc/self/fd/{os.memfd_create('metrics')}"
