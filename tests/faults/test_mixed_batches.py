"""E17: a batch in which four of five files are no picture that could be worked on."""

import random
import time
from functools import cache

import pytest

from tests.inference.drawing import many_scans, png_of_size, resized_jpeg_header
from tests.pictures import picture

pytestmark = [
    pytest.mark.weights,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.timeout(240),
]
PRICE = 3
TOO_BIG = 25 * 2**20 + 1


@cache
def files() -> tuple[tuple[str, bytes], ...]:
    """Fifty files and what each of them is, shuffled."""
    kinds = {
        "valid": [picture(format) for format in ("PNG", "JPEG", "WEBP", "PNG", "JPEG")] * 2,
        "corrupt": _corrupt(),
        "bomb": _bombs(),
        "too big": [picture() + bytes(TOO_BIG - len(picture()))] * 10,
        "unsupported": [b"GIF89a", b"BM", b"%PDF-1.7", b"<svg/>", b"II*\x00"] * 2,
    }
    every = [(kind, data) for kind, several in kinds.items() for data in several]
    random.Random(17).shuffle(every)
    return tuple(every)


def _corrupt() -> list[bytes]:
    """Cut at several places, also right behind the header."""
    png, jpeg, webp = (picture(format, 400, 300) for format in ("PNG", "JPEG", "WEBP"))
    cuts = [
        data[: int(len(data) * share)] for data in (png, jpeg, webp) for share in (0.3, 0.6, 0.9)
    ]
    return [*cuts, png[:60]]


def _bombs() -> list[bytes]:
    """Gigapixels behind small headers, and a picture of thousands of scans."""
    headers = [png_of_size(side, side) for side in (16_384, 30_000, 50_000, 2**31 - 1)]
    headers += [resized_jpeg_header(width, 65_500) for width in (1_000, 20_000, 65_500)]
    return [*headers, *(many_scans(count) for count in (150, 1_000, 4_000))]


def test_ten_of_fifty_are_worked_on_and_charged(shop, hold):
    person = shop.person(credits=50 * PRICE)
    began = time.monotonic()
    seen = shop.driver(person).batch([data for _, data in files()])
    seconds = time.monotonic() - began
    rows = seen.answer["results"]
    states = [row["status"] for row in rows]
    names = [row["input_filename"] for row in rows]
    silent = [row for row in rows if row["status"] == "failed" and not row["error"]]
    spent = 50 * PRICE - shop.balance(person) / 100
    hold(
        "E17 10 valid, 10 corrupt, 10 bombs, 10 too big, 10 unsupported",
        "10 completed and charged, the others told why, order kept, ≤ 60 s",
        f"{seen.answer['completed']} completed, {spent:g} credits, {seconds:.1f} s",
        states == ["completed" if kind == "valid" else "failed" for kind, _ in files()]
        and names == [f"{index}.png" for index in range(50)]
        and (spent, seen.answer["total_credits_used"]) == (10 * PRICE, 10 * PRICE)
        and silent == []
        and seconds <= 60,
    )
