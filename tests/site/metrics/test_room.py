"""A process that counts where the disk has no room left goes on, whatever it can tell of it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.mounts import SmallDisk
from tests.settings import ROOT

#: The product's settings, as many series as the first argument says, and what is told of them.
_COUNT = """
import sys
from django.conf import settings
settings.INSTALLED_APPS
from prometheus_client import Counter, generate_latest
from maskr_site.metrics import folder
counter = Counter("tests", "Counted.", ["number"])
for number in range(int(sys.argv[1])):
    counter.labels(number).inc()
told = generate_latest(folder.counters()).decode().splitlines()
print(sum(line.startswith("tests_total") for line in told))
"""
#: A file of the library's holds 700 of them, and then 1,500; one below has room for the first half.
FEW, MANY = 10, 1000


@pytest.fixture
def disk(tmp_path) -> Iterator[SmallDisk]:
    disk = SmallDisk(tmp_path / "metrics", 1)
    yield disk
    disk.close()


def count(place: Path, series: int) -> tuple[int, str]:
    """How the process ended, and how many series it could tell of."""
    done = subprocess.run(
        [sys.executable, "-c", _COUNT, str(series)],
        cwd=ROOT,
        env=os.environ
        | {"DJANGO_SETTINGS_MODULE": "maskr_site.settings", "PROMETHEUS_MULTIPROC_DIR": str(place)},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.strip()


@pytest.mark.parametrize("series", [FEW, MANY])
def test_with_room_everything_is_told(disk, series):
    assert count(disk.place, series) == (0, str(series))


def test_on_a_full_disk_a_process_counts_for_itself(disk):
    disk.fill()
    assert count(disk.place, FEW) == (0, "0")


def test_what_was_counted_before_the_disk_was_full_is_told(disk):
    disk.fill(leaving_bytes=64 * 1024)
    ended, told = count(disk.place, MANY)
    assert (ended, 0 < int(told) < MANY) == (0, True)


def test_a_process_that_has_no_room_leaves_nothing_that_others_could_not_read(disk):
    disk.fill()
    count(disk.place, FEW)
    disk.free()
    assert count(disk.place, FEW) == (0, str(FEW))
