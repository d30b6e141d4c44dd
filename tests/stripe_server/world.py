"""What one Stripe account holds: its objects by id, and the events that tell of them."""

import copy
import secrets
import string
import threading
import time
from collections.abc import Callable
from typing import Any

from tests.stripe_server.errors import Missing

API_VERSION = "2026-10-28.endive"  # what the library pins, and so what its users are sent

Thing = dict[str, Any]

_LETTERS = string.ascii_letters + string.digits
_WITHOUT_LIVEMODE = {"refund", "subscription_item", "balance_transaction"}


def new_id(prefix: str) -> str:
    return f"{prefix}_" + "".join(secrets.choice(_LETTERS) for _ in range(24))


def now() -> int:
    return int(time.time())


class World:
    """Everything in it is plain JSON. Whoever reads or writes holds the lock."""

    def __init__(self, base_url: str) -> None:
        self.lock = threading.RLock()
        self.base_url = base_url
        self.things: dict[str, Thing] = {}
        self.deleted: dict[str, Thing] = {}
        # What Stripe knows and does not tell: the number behind a payment method.
        self.card_numbers: dict[str, str] = {}
        self.line_items: dict[str, list[Thing]] = {}
        self.session_options: dict[str, Thing] = {}
        self.meter_events: list[Thing] = []
        self.invoiced_usage: list[str] = []
        self.declines: list[tuple[str, str]] = []
        self.tax_percent = 10
        self.request: Thing = {"id": None, "idempotency_key": None}
        self.on_event: Callable[[Thing], None] = lambda event: None

    def add(self, kind: str, prefix: str, /, **fields: Any) -> Thing:
        thing = {"id": new_id(prefix), "object": kind, "created": now()}
        if kind not in _WITHOUT_LIVEMODE:
            thing["livemode"] = False
        return self.keep(thing | fields)

    def keep(self, thing: Thing) -> Thing:
        self.things[thing["id"]] = thing
        return thing

    def find(self, kind: str, identifier: str | None) -> Thing | None:
        thing = self.things.get(identifier or "")
        return thing if thing and thing["object"] == kind else None

    def get(self, kind: str, identifier: str, param: str = "id") -> Thing:
        thing = self.find(kind, identifier)
        if thing is None:
            raise Missing(kind, identifier, param)
        return thing

    def all(self, kind: str, **fields: Any) -> list[Thing]:
        """Oldest first."""
        return [
            thing
            for thing in self.things.values()
            if thing["object"] == kind
            and all(thing.get(name) == value for name, value in fields.items())
        ]

    def change(self, thing: Thing, **changes: Any) -> Thing:
        """Returns what it had before of everything that is different now."""
        before = {
            name: copy.deepcopy(thing.get(name))
            for name, value in changes.items()
            if thing.get(name) != value
        }
        thing.update(changes)
        return before

    def tell(self, kind: str, thing: Thing, before: Thing | None = None) -> Thing:
        """Adds an event with the object as it is now, to be delivered."""
        data: Thing = {"object": copy.deepcopy(thing)}
        if before is not None:
            data["previous_attributes"] = before
        event = self.add(
            "event",
            "evt",
            api_version=API_VERSION,
            data=data,
            pending_webhooks=1,
            request=dict(self.request),
            type=kind,
        )
        self.on_event(event)
        return event

    def tell_change(self, kind: str, thing: Thing, **changes: Any) -> None:
        """Changes it, and tells so if anything is different."""
        if before := self.change(thing, **changes):
            self.tell(kind, thing, before)
