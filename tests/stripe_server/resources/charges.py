"""Charges: what a card was charged, with a receipt page."""

import copy

from tests.stripe_server.listing import page
from tests.stripe_server.parameters import Parameters
from tests.stripe_server.world import Thing, World, new_id

_NOTED = ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")


def make(
    world: World, intent: Thing, method: Thing, failure: tuple[str, str, str] | None = None
) -> Thing:
    """`failure` is the code, the decline code and the message of a declined one."""
    paid = failure is None
    charge = world.add(
        "charge",
        "ch",
        amount=intent["amount"],
        amount_captured=intent["amount"] if paid else 0,
        amount_refunded=0,
        application=None,
        application_fee=None,
        application_fee_amount=None,
        balance_transaction=new_id("txn") if paid else None,
        billing_details=copy.deepcopy(method["billing_details"]),
        calculated_statement_descriptor="MASKR",
        captured=paid,
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        disputed=False,
        failure_balance_transaction=None,
        failure_code=failure[0] if failure else None,
        failure_message=failure[2] if failure else None,
        fraud_details={},
        metadata=dict(intent["metadata"]),
        on_behalf_of=None,
        outcome=_outcome(failure[1] if failure else None),
        paid=paid,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details=_details(intent, method),
        receipt_email=intent["receipt_email"],
        receipt_number=None,
        receipt_url=None,
        refunded=False,
        review=None,
        shipping=None,
        source=None,
        source_transfer=None,
        statement_descriptor=None,
        statement_descriptor_suffix=None,
        status="succeeded" if paid else "failed",
        transfer_data=None,
        transfer_group=None,
    )
    if paid:
        charge["receipt_url"] = f"{world.base_url}/receipts/{charge['id']}"
    return charge


def _outcome(reason: str | None) -> Thing:
    return {
        "advice_code": "try_again_later" if reason else None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "declined_by_network" if reason else "approved_by_network",
        "reason": reason,
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": "The bank refused." if reason else "Payment complete.",
        "type": "issuer_declined" if reason else "authorized",
    }


def _details(intent: Thing, method: Thing) -> Thing:
    card = {name: copy.deepcopy(method["card"][name]) for name in _NOTED}
    more = {"amount_authorized": intent["amount"], "mandate": None, "network": "visa"}
    return {"card": card | more | {"three_d_secure": None, "wallet": None}, "type": "card"}


def retrieve(world: World, params: Parameters, identifier: str) -> Thing:
    return world.get("charge", identifier)


def listing(world: World, params: Parameters) -> Thing:
    return page(world, "charge", "/v1/charges", params, ("customer", "payment_intent"))
