"""What clients were answered while a part was away, and how soon after it was back."""

import threading
from dataclasses import dataclass

from tests.faults.inspector import wait_until_quiet
from tests.faults.installation import Installation
from tests.faults.journal import Seen, slowest
from tests.faults.table import Hold
from tests.live.product import until

#: Recovery and orderly refusals, as promised; a machine busy with other things may miss them.
BACK_WITHIN_S = 15.0


def pause(seconds: float) -> None:
    """An outage takes its time: there is nothing to be waited for."""
    threading.Event().wait(seconds)


def served_again(installation: Installation, since: float, within_s: float = 90.0) -> float:
    """Seconds until a request begun after that moment was served. Call under a steady load."""
    journal = installation.journal
    until(lambda: journal.first_done_after(since) is not None, within_s)
    return journal.first_done_after(since) or 0.0


def quiet_again(installation: Installation) -> float:
    """Seconds until everything that was asked for before now has ended, whatever comes beside it."""
    moment = installation.query("select clock_timestamp()")[0][0]
    return wait_until_quiet(installation.database, asked_before=moment)


@dataclass(frozen=True)
class During:
    """The requests that began while the part was away."""

    seen: list[Seen]

    @property
    def refused(self) -> list[Seen]:
        return [one for one in self.seen if not one.is_success]

    @property
    def slowest_refusal_s(self) -> float:
        return slowest(self.refused)

    def __str__(self) -> str:
        return (
            f"{len(self.seen)} asked, {len(self.refused)} refused, slowest refusal "
            f"{self.slowest_refusal_s:.1f} s"
        )


def during(installation: Installation, first: float, last: float) -> During:
    return During(installation.journal.between(first, last))


@dataclass(frozen=True)
class Outage:
    """An experiment under a steady load, and what has to hold after it in any case."""

    name: str
    must: str
    first: float
    last: float
    #: Of the slowest refusal; None where nothing was promised.
    refused_within_s: float | None = None

    def judge(
        self, installation: Installation, hold: Hold, *, note: str = "", is_kept: bool = True
    ) -> None:
        """Notes the row, and fails the test where something did not hold."""
        quiet_s = quiet_again(installation)
        recovered_s = served_again(installation, self.last)
        away = during(installation, self.first, self.last)
        is_refused_soon = (
            self.refused_within_s is None or away.slowest_refusal_s <= self.refused_within_s
        )
        hold(
            self.name,
            self.must,
            f"{away}; {note}served again after {recovered_s:.1f} s, quiet after {quiet_s:.0f} s",
            is_kept
            and is_refused_soon
            and recovered_s <= BACK_WITHIN_S
            and quiet_s <= 120
            and installation.journal.faults == [],
        )
