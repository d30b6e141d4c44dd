"""Refunds: whole or in parts, succeeding at once unless told to fail later."""

from tests.stripe_server.errors import ParameterMissing, Refused
from tests.stripe_server.listing import page
from tests.stripe_server.parameters import Parameters
from tests.stripe_server.world import Thing, World, new_id

_REASONS = ("duplicate", "fraudulent", "requested_by_customer")


def create(world: World, params: Parameters) -> Thing:
    charge = _charge(world, params)
    if params.text("reason"):
        params.choice("reason", _REASONS, "")
    return make(
        world,
        charge,
        params.number("amount"),
        reason=params.text("reason"),
        metadata=params.metadata(),
    )


def _charge(world: World, params: Parameters) -> Thing:
    if identifier := params.text("charge"):
        return world.get("charge", identifier, "charge")
    if not (identifier := params.text("payment_intent")):
        raise ParameterMissing("payment_intent")
    intent = world.get("payment_intent", identifier, "payment_intent")
    charge = world.find("charge", intent["latest_charge"])
    if not charge or charge["status"] != "succeeded":
        raise Refused(
            f"This PaymentIntent ({identifier}) does not have a successful charge to refund.",
            code="payment_intent_unexpected_state",
        )
    return charge


def make(
    world: World,
    charge: Thing,
    amount: int | None = None,
    reason: str | None = None,
    metadata: dict[str, str] | None = None,
) -> Thing:
    left = charge["amount"] - charge["amount_refunded"]
    if charge["refunded"]:
        raise Refused(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    if charge["disputed"]:
        raise Refused(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
    amount = left if amount is None else amount
    if not 0 < amount <= left:
        raise Refused(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left}).",
            param="amount",
        )
    refund = world.add(
        "refund",
        "re",
        amount=amount,
        balance_transaction=new_id("txn"),
        charge=charge["id"],
        currency=charge["currency"],
        customer=charge["customer"],
        destination_details={"card": {"type": "pending"}, "type": "card"},
        metadata=metadata or {},
        payment_intent=charge["payment_intent"],
        payment_method=charge["payment_method"],
        reason=reason,
        receipt_number=None,
        source_transfer_reversal=None,
        status="succeeded",
        transfer_reversal=None,
    )
    _sum_up(world, charge, refund["amount"])
    world.tell("refund.created", refund)
    return refund


def _sum_up(world: World, charge: Thing, more: int) -> None:
    refunded = charge["amount_refunded"] + more
    is_whole = refunded == charge["amount"]
    before = world.change(charge, amount_refunded=refunded, refunded=is_whole)
    if more > 0:
        world.tell("charge.refunded", charge, before)


def fail(world: World, refund: Thing) -> None:
    """The bank did not take it: the money is back at the seller's."""
    if refund["status"] != "succeeded":
        raise Refused(f"The refund is {refund['status']}.")
    before = world.change(refund, status="failed", failure_reason="lost_or_stolen_card")
    refund["failure_balance_transaction"] = new_id("txn")
    _sum_up(world, world.get("charge", refund["charge"]), -refund["amount"])
    for kind in ("refund.updated", "refund.failed", "charge.refund.updated"):
        world.tell(kind, refund, before)


def retrieve(world: World, params: Parameters, identifier: str) -> Thing:
    return world.get("refund", identifier)


def listing(world: World, params: Parameters) -> Thing:
    return page(world, "refund", "/v1/refunds", params, ("charge", "payment_intent"))
