"""Disputes: opened by a cardholder's bank, won or lost later."""

from tests.stripe_server.errors import Refused
from tests.stripe_server.listing import page
from tests.stripe_server.parameters import Parameters
from tests.stripe_server.world import Thing, World, new_id, now

_OPEN = ("needs_response", "under_review", "warning_needs_response", "warning_under_review")
_FEE = 1500


def make(
    world: World, charge: Thing, amount: int | None = None, reason: str = "fraudulent"
) -> Thing:
    if charge["disputed"] or charge["status"] != "succeeded":
        raise Refused(f"Charge {charge['id']} cannot be disputed.")
    amount = charge["amount"] - charge["amount_refunded"] if amount is None else amount
    dispute = world.add(
        "dispute",
        "du",
        amount=amount,
        balance_transactions=[_movement(-amount, charge["currency"], "Chargeback withdrawal")],
        charge=charge["id"],
        currency=charge["currency"],
        enhanced_eligibility_types=[],
        evidence={"enhanced_evidence": {}},
        evidence_details={
            "due_by": now() + 7 * 24 * 3600,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        is_charge_refundable=False,
        metadata={},
        payment_intent=charge["payment_intent"],
        payment_method_details={
            "card": {
                "brand": "visa",
                "case_type": "chargeback",
                "network": "visa",
                "network_reason_code": "10.4",
            },
            "type": "card",
        },
        reason=reason,
        status="needs_response",
    )
    charge["disputed"] = True
    world.tell("charge.dispute.created", dispute)
    world.tell("charge.dispute.funds_withdrawn", dispute)
    return dispute


def _movement(amount: int, currency: str, description: str) -> Thing:
    return {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": now(),
        "balance_type": "payments",
        "created": now(),
        "currency": currency,
        "description": description,
        "exchange_rate": None,
        "fee": _FEE if amount < 0 else 0,
        "fee_details": [],
        "net": amount - _FEE if amount < 0 else amount,
        "reporting_category": "dispute" if amount < 0 else "dispute_reversal",
        "source": None,
        "status": "available",
        "type": "adjustment",
    }


def finish(world: World, dispute: Thing, *, won: bool) -> None:
    if dispute["status"] not in _OPEN:
        raise Refused("This dispute is already closed.")
    before = world.change(dispute, status="won" if won else "lost")
    world.tell("charge.dispute.closed", dispute, before)
    if won:
        back = _movement(dispute["amount"], dispute["currency"], "Chargeback reversal")
        dispute["balance_transactions"].append(back)
        world.tell("charge.dispute.funds_reinstated", dispute)


def close(world: World, params: Parameters, identifier: str) -> Thing:
    """Accepting a dispute loses it."""
    dispute = world.get("dispute", identifier)
    finish(world, dispute, won=False)
    return dispute


def retrieve(world: World, params: Parameters, identifier: str) -> Thing:
    return world.get("dispute", identifier)


def listing(world: World, params: Parameters) -> Thing:
    return page(world, "dispute", "/v1/disputes", params, ("charge", "payment_intent"))
