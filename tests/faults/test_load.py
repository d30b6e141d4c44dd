"""Nothing is broken: the driver, the inspector and the table themselves, on a sound installation."""

import pytest

from tests.faults.inspector import watch
from tests.faults.level import at_level
from tests.live.product import until

pytestmark = [
    pytest.mark.weights,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.timeout(300),
]


def test_a_sound_installation_serves_everybody(installation, hold):
    count = at_level(200, 30)
    driver = installation.driver()
    with watch(installation.first) as watching, driver.steady(4):
        until(lambda: len(installation.journal.seen) >= count, 240)
    journal = installation.journal
    served = sum(seen.is_done for seen in journal.seen)
    hold(
        "E0 nothing is broken",
        "every request served, every result as downloaded",
        f"{served} of {len(journal.seen)} served, {len(journal.downloads)} downloads, "
        f"I1–I3 looked at {watching.looks} times meanwhile",
        served == len(journal.seen) == len(journal.downloads),
    )


def test_a_batch_is_told_of_item_by_item(installation):
    from tests.pictures import picture

    driver = installation.driver(6)
    seen = driver.batch([picture(), b"no picture", picture(), picture()])
    states = [work.state for work in seen.works]
    assert states == ["completed", "failed", "completed"]
