"""E16: clients hang up at ten moments, from the first header to the middle of a download."""

import random
import secrets
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.driver import Driver
from tests.faults.hanging_up import Caller, request_bytes
from tests.faults.inspector import wait_until_quiet
from tests.faults.installation import Installation
from tests.faults.journal import Work
from tests.faults.level import at_level
from tests.faults.outage import pause
from tests.pictures import picture

pytestmark = [
    pytest.mark.weights,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.timeout(600),
]
PICTURE = picture(width=1500, height=1200, compress_level=0)


def upload(part: float) -> Callable[[Caller, bytes, bytes], None]:
    def do(caller: Caller, head: bytes, body: bytes) -> None:
        caller.say(head + body[: int(len(body) * part)])

    return do


def wait(least_s: float, most_s: float) -> Callable[[Caller, bytes, bytes], None]:
    def do(caller: Caller, head: bytes, body: bytes) -> None:
        caller.say(head + body)
        pause(random.uniform(least_s, most_s))

    return do


def first_byte(caller: Caller, head: bytes, body: bytes) -> None:
    caller.say(head + body)
    caller.hear(1)


MOMENTS = {
    "after the head": upload(0),
    "with a quarter sent": upload(0.25),
    "with three quarters sent": upload(0.75),
    "with all but the end sent": upload(0.999),
    "with all sent": upload(1),
    "being placed": wait(0, 0.05),
    "in the queue": wait(0.05, 0.2),
    "in the works": wait(0.2, 0.6),
    "about to be answered": wait(0.6, 1.5),
    "with the answer begun": first_byte,
}


def hang_up(installation: Installation, key: str, moment: str, number: int) -> str:
    request_id = f"cut_{secrets.token_hex(8)}"
    url = installation.urls[number % 2]
    caller = Caller(url)
    MOMENTS[moment](caller, *request_bytes(url, key, request_id, PICTURE))
    caller.hang_up(rudely=number % 4 >= 2)
    return request_id


def fate(installation: Installation, driver: Driver, request_id: str) -> str:
    """What became of a request; a completed job is fetched by its id."""
    rows = installation.query(
        "select j.id::text, j.state, coalesce(-sum(l.amount), 0)::int from services_job j"
        " left join billing_ledgerentry l on l.job = j.id where j.request_id = %s group by j.id",
        request_id,
    )
    if not rows:
        return "never placed"
    if len(rows) > 1:
        return "placed twice"
    job_id, state, taken = rows[0]
    if state == "failed":
        return "failed uncharged" if not taken else "failed and charged"
    found = driver.get(f"/v1/jobs/{job_id}").json()["result"]
    driver.download(Work(job_id, state, None, found["output_url"]))
    is_kept = any(download.job_id == job_id for download in installation.journal.downloads)
    return "completed and fetched by id" if is_kept and taken else "charged and lost"


def test_clients_that_hang_up_are_never_charged_for_nothing(installation, hold):
    driver = installation.driver()
    times = at_level(20, 2)
    plan = [moment for moment in MOMENTS for _ in range(times)]
    random.shuffle(plan)
    with ThreadPoolExecutor(4) as pool:
        asked = list(
            pool.map(
                lambda item: hang_up(installation, driver.key, item[1], item[0]), enumerate(plan)
            )
        )
    quiet_s = wait_until_quiet(installation.database)
    fates = Counter(fate(installation, driver, request_id) for request_id in asked)
    told = ", ".join(f"{count} {name}" for name, count in sorted(fates.items()))
    hold(
        f"E16 client hangs up at {len(MOMENTS)} moments",
        "completed (charged, fetched by id), or failed or never placed (uncharged)",
        f"{len(asked)} hung up: {told}; quiet after {quiet_s:.0f} s",
        set(fates) <= {"never placed", "failed uncharged", "completed and fetched by id"},
    )


def test_a_download_that_is_cut_off_can_be_had_again(installation, hold):
    driver = installation.driver()
    times = at_level(20, 4)
    work = driver.send(PICTURE).works[0]
    driver.download(work)
    path = (work.url or "")[(work.url or "").index("/v1/files/") :]
    for number in range(times):
        caller = Caller(installation.urls[number % 2])
        caller.say(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        caller.hear(random.randint(1, 2000))
        caller.hang_up(rudely=number % 4 >= 2)
    seen = driver.get(path)
    hold(
        "E16 client hangs up while downloading",
        "the result is there as before",
        f"{times} cut off, then {seen.status_code} with {len(seen.content)} bytes",
        seen.status_code == 200,
    )
