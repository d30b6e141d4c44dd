"""What happens at Stripe without a call of ours: customers pay, banks complain, months pass.

Every method may also be called over HTTP, see `controls`; the objects returned are copies.
"""

import copy

from tests.stripe_server.api import Api
from tests.stripe_server.deliveries import Attempt, Deliveries, payload_of, signature
from tests.stripe_server.faults import Fault, Kind
from tests.stripe_server.parameters import Parameters
from tests.stripe_server.resources import (
    cards,
    checkout,
    disputes,
    purchases,
    refunds,
    subscriptions,
)
from tests.stripe_server.world import Thing, World


class Backstage:
    world: World
    api: Api
    deliveries: Deliveries
    webhook_secret: str

    # --- What customers do ---------------------------------------------------------------------
    def pay(
        self,
        session: str,
        card: str = cards.GOOD,
        promotion_code: str = "",
        *,
        at_once: bool = True,
    ) -> Thing:
        """Completes a checkout session as its page does. Raises CardError for a declined card.

        With `at_once=False` it stays unpaid until `settle`.
        """
        with self.world.lock:
            thing = self.world.get("checkout.session", session)
            if promotion_code:
                purchases.apply_code(self.world, thing, promotion_code)
            purchases.complete(self.world, thing, card, at_once=at_once)
            return copy.deepcopy(thing)

    def settle(self, session: str, *, succeeds: bool = True) -> None:
        with self.world.lock:
            thing = self.world.get("checkout.session", session)
            purchases.settle(self.world, thing, succeeds=succeeds)

    def expire(self, session: str) -> None:
        with self.world.lock:
            checkout.expire(self.world, Parameters({}), session)

    # --- What banks do -------------------------------------------------------------------------
    def refund(self, payment_intent: str, amount: int | None = None) -> Thing:
        """As from Stripe's dashboard."""
        with self.world.lock:
            charge = self._charge(payment_intent)
            return copy.deepcopy(refunds.make(self.world, charge, amount))

    def fail_refund(self, refund: str) -> None:
        with self.world.lock:
            refunds.fail(self.world, self.world.get("refund", refund))

    def open_dispute(self, payment_intent: str, amount: int | None = None) -> Thing:
        with self.world.lock:
            charge = self._charge(payment_intent)
            return copy.deepcopy(disputes.make(self.world, charge, amount))

    def close_dispute(self, dispute: str, *, won: bool) -> None:
        with self.world.lock:
            disputes.finish(self.world, self.world.get("dispute", dispute), won=won)

    def decline_next(
        self, times: int = 1, code: str = "card_declined", decline_code: str = "generic_decline"
    ) -> None:
        """The next charges fail, whatever their card."""
        with self.world.lock:
            self.world.declines += [(code, decline_code)] * times

    def _charge(self, payment_intent: str) -> Thing:
        intent = self.world.get("payment_intent", payment_intent)
        return self.world.get("charge", intent["latest_charge"])

    # --- What time does ------------------------------------------------------------------------
    def advance(self, subscription: str) -> Thing | None:
        """To its next period: the invoice, paid or not; None if it ended instead."""
        with self.world.lock:
            thing = self.world.get("subscription", subscription)
            return copy.deepcopy(subscriptions.advance(self.world, thing))

    def end_subscription(self, subscription: str) -> None:
        with self.world.lock:
            subscriptions.end(self.world, self.world.get("subscription", subscription))

    # --- Webhooks ------------------------------------------------------------------------------
    def events(self, type: str = "") -> list[Thing]:
        """Oldest first."""
        with self.world.lock:
            found = self.world.all("event")
            return copy.deepcopy([event for event in found if type in ("", event["type"])])

    def hold(self) -> None:
        """From now on events are collected rather than sent."""
        self.deliveries.hold()

    def release(self) -> None:
        self.deliveries.release()

    def held(self) -> list[Thing]:
        return copy.deepcopy(self.deliveries.held)

    def forget_held(self) -> None:
        self.deliveries.forget_held()

    def deliver(self, event: str) -> Attempt:
        """Sends it now, again or for the first time, and returns what was answered."""
        with self.world.lock:
            thing = self.world.get("event", event)
        return self.deliveries.send(thing)

    def signed(
        self, event: str, at: float | None = None, secret: str = ""
    ) -> tuple[bytes, dict[str, str]]:
        """The body and headers of a delivery, for whoever sends it by other means."""
        with self.world.lock:
            body = payload_of(self.world.get("event", event))
        header = signature(body, secret or self.webhook_secret, at)
        return body, {"Stripe-Signature": header, "Content-Type": "application/json"}

    def wait(self, timeout_s: float = 20.0) -> None:
        """Until every event is delivered or given up."""
        self.deliveries.wait(timeout_s)

    def attempts(self, event: str = "") -> list[Attempt]:
        return [one for one in list(self.deliveries.attempts) if event in ("", one.event)]

    # --- Faults of the API ---------------------------------------------------------------------
    def fail(
        self,
        kind: Kind = "error",
        path: str = "/v1/",
        method: str = "",
        status: int = 500,
        seconds: float = 0.0,
        times: int = 1,
    ) -> None:
        """The next calls so named go wrong. `drop_after` does the work and cuts the line."""
        self.api.faults.plan(Fault(kind, path, method, status, seconds, times))

    def clear_faults(self) -> None:
        self.api.faults.clear()

    def meter_events(self) -> list[Thing]:
        with self.world.lock:
            return copy.deepcopy(self.world.meter_events)

    def find(self, kind: str, **fields: object) -> list[Thing]:
        """Objects of a kind, oldest first: `find("subscription", customer="cus_…")`."""
        with self.world.lock:
            return copy.deepcopy(self.world.all(kind, **fields))
