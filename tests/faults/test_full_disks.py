"""E7 and E8: no room where the pictures lie, and none where uploads are spooled."""

import contextlib
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from tests.faults.inspector import orphans
from tests.faults.installation import Installation
from tests.faults.mounts import SmallDisk
from tests.live.product import until
from tests.pictures import encoded, picture

pytestmark = [
    pytest.mark.weights,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
def media(tmp_path_factory) -> Iterator[SmallDisk]:
    disk = SmallDisk(tmp_path_factory.mktemp("media") / "files", 32)
    yield disk
    disk.close()


@pytest.fixture(scope="module")
def spool(tmp_path_factory) -> Iterator[SmallDisk]:
    disk = SmallDisk(tmp_path_factory.mktemp("spool") / "tmp", 24)
    yield disk
    disk.close()


@pytest.fixture(scope="module")
def running(start_installation, media, spool) -> Installation:
    return start_installation(
        STORAGE_URL=f"file://{media.place}", TMPDIR=str(spool.place), MASKR_MIN_FREE_MB="2"
    )


@pytest.fixture(scope="module")
def large(media) -> bytes:
    """Too large to be kept in memory: it is spooled to the directory of temporary files."""
    media.grow(128)
    noise = np.random.default_rng(7).integers(0, 256, (1800, 1800, 3), dtype=np.uint8)
    return encoded(Image.fromarray(noise), compress_level=0)


@contextlib.contextmanager
def full(disk: SmallDisk, leaving_bytes: int = 0) -> Iterator[None]:
    disk.fill(leaving_bytes)
    try:
        yield
    finally:
        disk.free()


def has_room(installation: Installation) -> bool:
    """What the health page says of the disk."""
    driver = installation.driver()
    parts = driver.get("/health/ready", installation.first.url).json()["parts"]
    return bool(parts["disk"]["ok"])


def taken(installation: Installation) -> int:
    return installation.count("billing_ledgerentry where kind = 'usage'")


def returned(installation: Installation) -> int:
    return installation.count("billing_ledgerentry where kind = 'release'")


def test_an_upload_that_finds_no_room_is_refused_and_costs_nothing(installation, media, hold):
    driver = installation.driver()
    before, charges = orphans(installation.first), taken(installation)
    with full(media):
        refused = [driver.send() for _ in range(4)]
        degraded = not has_room(installation)
    left = set(orphans(installation.first)) - set(before)
    hold(
        "E7 media full: upload",
        "503, nothing charged, nothing left behind, health says so",
        f"{[seen.status for seen in refused]}, {taken(installation) - charges} charges, "
        f"{len(left)} files left, health {'degraded' if degraded else 'ok'}",
        {seen.status for seen in refused} == {503}
        and taken(installation) == charges
        and not left
        and degraded,
    )


def test_a_result_that_finds_no_room_fails_uncharged(installation, media, hold):
    driver = installation.driver()
    upload = picture(width=2000, height=1500)
    before = orphans(installation.first)
    net = taken(installation) - returned(installation)
    with full(media, leaving_bytes=len(upload)):
        refused = driver.send(upload)
    left = set(orphans(installation.first)) - set(before)
    net = taken(installation) - returned(installation) - net
    hold(
        "E7 media full: result",
        "503, job failed, credits returned, nothing left behind",
        f"{refused.status}, {net} charges kept, {len(left)} files left",
        refused.status == 503 and net == 0 and not left,
    )


def test_with_room_again_it_works_again(installation, media, hold):
    driver = installation.driver()
    with full(media):
        driver.send()
    until(lambda: has_room(installation), 20)
    seen = driver.send()
    hold("E7 media freed", "works again, health ok", str(seen.status), seen.is_done)


def test_an_upload_that_cannot_be_spooled_is_refused(installation, spool, large, hold):
    driver = installation.driver()
    charges = taken(installation)
    assert driver.send(large).is_done
    # Closed a moment after the answer, which would make room.
    until(lambda: spool.used_bytes < 2**20)
    with full(spool):
        refused = [driver.send(large) for _ in range(2)]
        small = driver.send()
    again = driver.send(large)
    hold(
        "E8 temporary files: full",
        "503, nothing charged; small uploads are served; works again",
        f"{[seen.status for seen in refused]}, small {small.status}, then {again.status}",
        {seen.status for seen in refused} == {503}
        and small.is_done
        and again.is_done
        and taken(installation) == charges + 3,
    )


def test_temporary_files_that_are_read_only(installation, spool, large, hold):
    driver = installation.driver()
    charges = taken(installation)
    spool.make_read_only()
    try:
        refused = [driver.send(large) for _ in range(2)]
    finally:
        spool.make_writable()
    again = driver.send(large)
    hold(
        "E8 temporary files: read-only",
        "503, nothing charged; works again",
        f"{[seen.status for seen in refused]}, then {again.status}",
        {seen.status for seen in refused} == {503}
        and again.is_done
        and taken(installation) == charges + 1,
    )
