"""What the processes of a site take: memory, descriptors, processor time; read from /proc."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PAGE, _TICKS = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Reading:
    """One process at one moment."""

    memory_mb: float
    descriptors: int
    processor_s: float


def of_tree(root: int) -> Iterator[int]:
    """The process and all that it began."""
    yield root
    for task in Path(f"/proc/{root}/task").glob("*/children"):
        for child in task.read_text().split():
            yield from of_tree(int(child))


def read(pid: int) -> Reading:
    """Raises OSError for one that has ended."""
    folder = Path(f"/proc/{pid}")
    pages = int((folder / "statm").read_text().split()[1])
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    descriptors = len(os.listdir(folder / "fd"))
    return Reading(pages * _PAGE / 2**20, descriptors, ticks / _TICKS)


def processor_s(root: int) -> float:
    """Seconds that the process and all that it began have used so far."""
    return sum(read(pid).processor_s for pid in of_tree(root))
