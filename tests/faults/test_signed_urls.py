"""E13: links to results at the edge of their time, changed by a character, and under wrong clocks."""

import hashlib
import hmac
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from tests.faults.level import at_level
from tests.faults.shop import SIGNING_KEY, Shop
from tests.live.product import Product, until

pytestmark = [
    pytest.mark.weights,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.timeout(240),
]
SKEW_S = 120
WRONG_CLOCK = Path(__file__).parent / "wrong_clock"


@dataclass(frozen=True)
class Link:
    """A link to a result in its parts, which may be changed one by one."""

    job: str
    expires: str
    signature: str

    @property
    def path(self) -> str:
        return self.of(expires=self.expires, sig=self.signature)

    def of(self, **query: str) -> str:
        return f"/v1/files/{self.job}?{urlencode(query)}"


def signed(job: str, expires: object, extension: str = "png") -> Link:
    """As whoever holds the installation's key would sign it."""
    message = f"maskr.files.v1:{job}:{expires}:{extension}"
    signature = hmac.new(SIGNING_KEY.encode(), message.encode(), hashlib.sha256).hexdigest()
    return Link(job, str(expires), signature)


def result(shop: Shop, url: str = "") -> Link:
    """The link of a picture just made, by whichever process or by the one named."""
    seen = shop.driver(shop.person(credits=3)).send(url=url)
    assert seen.is_done, seen
    (work,) = seen.works
    assert work.url
    path, _, query = work.url.partition("?")
    expires, _, signature = query.removeprefix("expires=").partition("&sig=")
    return Link(path.rpartition("/")[2], expires, signature)


def status(url: str, path: str) -> int:
    return httpx.get(url + path, timeout=30, verify=False, trust_env=False).status_code  # noqa: S501 - loopback, no TLS


def statuses(shop: Shop, paths: list[str]) -> Counter[int]:
    """Each path asked of one web process, all of them of both in turn."""
    with httpx.Client(verify=False, trust_env=False) as client:  # noqa: S501 - loopback, no TLS
        urls = [shop.urls[index % 2] for index in range(len(paths))]
        return Counter(
            client.get(url + path, timeout=30).status_code
            for url, path in zip(urls, paths, strict=True)
        )


def test_a_link_works_until_its_second_and_not_longer(shop, hold):
    job = result(shop).job
    expires = int(time.time()) + 3
    path = signed(job, expires).path
    seen = []
    while time.time() < expires + 1.5:
        began = time.time()
        found = [status(url, path) for url in shop.urls]
        seen.append((began, time.time(), found))
    early = [found for _, ended, found in seen if ended <= expires]
    late = [found for began, _, found in seen if began > expires]
    hold(
        "E13 a link before and after its time",
        "200 up to it, 403 from then on",
        f"{len(early)} looks before: {Counter(sum(early, []))}, {len(late)} after: {Counter(sum(late, []))}",
        bool(early and late) and (set(sum(early, [])), set(sum(late, []))) == ({200}, {403}),
    )


def test_a_link_with_any_character_changed_is_403(shop, hold):
    link = result(shop)
    changed = [Link(other, link.expires, link.signature).path for other in flips(link.job)]
    changed += [Link(link.job, other, link.signature).path for other in flips(link.expires)]
    changed += [Link(link.job, link.expires, other).path for other in flips(link.signature)]
    found = statuses(shop, changed)
    hold("E13 each character changed", "403", f"{dict(found)}", set(found) == {403})


def flips(text: str) -> list[str]:
    """The text with one digit replaced by another, at each place in turn."""
    return [
        text[:at] + ("1" if digit != "1" else "2") + text[at + 1 :]
        for at, digit in enumerate(text)
        if digit != "-"
    ]


def test_an_odd_query_is_403_or_works_as_the_right_one(shop, hold):
    link = result(shop)
    right, sig = link.expires, link.signature
    odd = [
        "0",
        "-1",
        "1e99",
        "nan",
        "inf",
        "",
        " ",
        right + ".0",
        "+" + right,
        "9" * 5000,
        "٣",
        "\0",
    ]
    paths = [link.of(expires=expires, sig=sig) for expires in odd]
    paths += [link.of(expires=right), link.of(sig=sig), link.of()]
    paths += [
        link.of(expires=right, sig=other) for other in ("", sig.upper(), sig[:-1], sig + "0", "é")
    ]
    paths += [f"{link.of(expires=right)}&sig=%ff%fe", f"{link.of(expires='0', sig=sig)}&sig={sig}"]
    paths += [f"{link.path}&expires=0", f"{link.path}&sig=0"]
    found = statuses(shop, paths)
    hold("E13 odd, missing and double parts", "403", f"{dict(found)}", set(found) == {403})


def test_signatures_of_anything_else_are_403(shop, hold):
    """Another customer's result, another format of this one, and times that have passed."""
    link, other = result(shop), result(shop)
    paths = [Link(other.job, link.expires, link.signature).path]
    paths += [signed(link.job, link.expires, extension).path for extension in ("webp", "jpg", "")]
    paths += [signed(link.job, expires).path for expires in (0, -1, int(time.time()) - 1)]
    found = statuses(shop, paths)
    hold("E13 signed for something else", "403", f"{dict(found)}", set(found) == {403})


def test_a_wrong_clock_errs_by_no_more_than_its_error(shop, hold):
    fast, slow = web_with_clock(shop, SKEW_S), web_with_clock(shop, -SKEW_S)
    job, now = result(shop).job, int(time.time())
    soon, over = signed(job, now + 60).path, signed(job, now - 60).path
    of_fast, of_slow = result(shop, fast.url), result(shop, slow.url)
    told = [int(link.expires) - now - 3600 for link in (of_fast, of_slow)]
    found = {
        "60 s to live": [status(url, soon) for url in (*shop.urls, fast.url, slow.url)],
        "60 s over": [status(url, over) for url in (*shop.urls, fast.url, slow.url)],
        "made by the others": [status(shop.urls[0], link.path) for link in (of_fast, of_slow)],
    }
    right = {
        "60 s to live": [200, 200, 403, 200],
        "60 s over": [403, 403, 403, 200],
        "made by the others": [200, 200],
    }
    hold(
        "E13 clocks of web processes 120 s off",
        "each errs by its 120 s, none answers 500",
        f"{found}; lifetimes off by {told} s",
        found == right and all(abs(abs(off) - SKEW_S) < 60 for off in told),
    )


def test_a_wrong_clock_takes_no_job_from_a_living_worker(shop, hold):
    """Every process sweeps for jobs whose worker is gone, also one that believes it is later."""
    web_with_clock(shop, SKEW_S), web_with_clock(shop, -SKEW_S)
    driver = shop.driver(shop.person(credits=100_000))
    ends = time.monotonic() + at_level(full=25, part=8)
    with driver.steady(6):
        until(lambda: time.monotonic() > ends)
    query = "SELECT count(*) FROM services_job WHERE attempts > 1 AND id = ANY(%s::uuid[])"
    again = shop.rows(query, [work.job_id for work in shop.journal.works])[0][0]
    served = sum(seen.is_done for seen in shop.journal.seen)
    hold(
        "E13 jobs while two processes' clocks are off",
        "each done once, none given up",
        f"{served} of {len(shop.journal.seen)} served, {again} done again",
        (served, again) == (len(shop.journal.seen), 0),
    )


def web_with_clock(shop: Shop, skew_s: int) -> Product:
    """One more web process whose clock is so many seconds ahead."""
    return shop.another_web(PYTHONPATH=str(WRONG_CLOCK), WRONG_CLOCK_S=str(skew_s))
