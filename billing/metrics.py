"""What is counted about money: credits by ledger kind, and what came of Stripe's events."""

from functools import partial

from django.db import transaction
from prometheus_client import Counter

CREDITS_MOVED = Counter(
    "maskr_credits_moved", "Credits moved by ledger entries.", ["kind", "direction"]
)
STRIPE_EVENTS = Counter("maskr_stripe_events", "Stripe events, by what came of them.", ["outcome"])
for _outcome in ("processed", "ignored", "failed"):
    STRIPE_EVENTS.labels(_outcome)


def note_movement(kind: str, hundredths: int) -> None:
    """Counted once the transaction is committed: what is rolled back did not move."""
    direction = "added" if hundredths > 0 else "taken"
    counter = CREDITS_MOVED.labels(kind, direction)
    transaction.on_commit(partial(counter.inc, abs(hundredths) / 100))
