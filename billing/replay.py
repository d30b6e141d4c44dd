"""Fetches Stripe's events since a moment: after a restore, or when the endpoint was away for days.

What an older backup does not know, such as a purchase begun after it, is made anew: see billing.lost.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from billing import events, lost
from billing.gateway import gateway
from billing.models import StripeEvent

logger = logging.getLogger(__name__)
State = StripeEvent.State
_GROUPS = ("checkout.", "payment_intent.", "charge.", "refund.", "invoice", "customer.")


@dataclass
class Replay:
    fetched: int = 0
    processed: int = 0
    #: The ids of those whose processing failed, or that tell of a payment which brought no credits.
    troubled: list[str] = field(default_factory=list)


def run(since: datetime) -> Replay:
    """In the order in which things happened. May be run again. Raises PaymentError."""
    told = [event for event in gateway().events_since(since) if event["type"].startswith(_GROUPS)]
    done = Replay(fetched=len(told))
    for event in reversed(told):
        _process(event, done)
    return done


def _process(payload: dict[str, Any], done: Replay) -> None:
    row = events.store(payload)
    was_ignored = row.state == State.IGNORED
    if row.state == State.PROCESSED or (was_ignored and not row.payload):
        return
    try:
        row = events.process(row.pk, again=was_ignored, restores=True)
    except Exception:
        # As with the sweep: one must not keep the others; its row tells the error.
        logger.exception("Stripe event %s could not be processed", row.pk)
        done.troubled.append(row.pk)
        return
    done.processed += row.state == State.PROCESSED
    if row.error == lost.NOT_HERE:
        done.troubled.append(row.pk)
