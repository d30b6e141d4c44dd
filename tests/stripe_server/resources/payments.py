"""Payment intents and the charges they make."""

from tests.stripe_server.errors import CardError, ParameterMissing, Refused
from tests.stripe_server.listing import page
from tests.stripe_server.parameters import Parameters
from tests.stripe_server.resources import cards, charges
from tests.stripe_server.world import Thing, World, new_id, now

_OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


def make(world: World, amount: int, currency: str, **fields: object) -> Thing:
    intent = world.add(
        "payment_intent",
        "pi",
        amount=amount,
        amount_capturable=0,
        amount_details={"tip": {}},
        amount_received=0,
        application=None,
        application_fee_amount=None,
        automatic_payment_methods=None,
        canceled_at=None,
        cancellation_reason=None,
        capture_method="automatic_async",
        confirmation_method="automatic",
        currency=currency,
        customer=None,
        customer_account=None,
        description=None,
        excluded_payment_method_types=None,
        last_payment_error=None,
        latest_charge=None,
        metadata={},
        next_action=None,
        on_behalf_of=None,
        payment_method=None,
        payment_method_configuration_details=None,
        payment_method_options={},
        payment_method_types=["card"],
        processing=None,
        receipt_email=None,
        review=None,
        setup_future_usage=None,
        shipping=None,
        source=None,
        statement_descriptor=None,
        statement_descriptor_suffix=None,
        status="requires_payment_method",
        transfer_data=None,
        transfer_group=None,
    )
    intent["client_secret"] = f"{intent['id']}_secret_{new_id('x')[2:]}"
    intent.update(fields)
    if intent["payment_method"]:
        intent["status"] = "requires_confirmation"
    world.tell("payment_intent.created", intent)
    return intent


def create(world: World, params: Parameters) -> Thing:
    amount = params.number("amount")
    if amount is None:
        raise ParameterMissing("amount")
    if amount < 50:
        raise Refused(
            "Amount must be at least 50 of the smallest unit.",
            code="amount_too_small",
            param="amount",
        )
    customer = params.text("customer")
    if customer:
        world.get("customer", customer, "customer")
    if (off_session := params.flag("off_session", False)) and not params.flag("confirm", False):
        raise Refused(
            "`off_session` may only be set when `confirm` is true.",
            code="parameter_missing",
            param="confirm",
        )
    intent = make(
        world,
        amount,
        params.required("currency").lower(),
        customer=customer,
        description=params.text("description"),
        metadata=params.metadata(),
        payment_method=_method_for(world, params, customer),
        receipt_email=params.text("receipt_email"),
        setup_future_usage=params.text("setup_future_usage"),
    )
    if params.flag("confirm", False):
        pay(world, intent, off_session=bool(off_session))
    return intent


def _method_for(world: World, params: Parameters, customer: str | None) -> str | None:
    if not (given := params.text("payment_method")):
        return None
    method = cards.get(world, given)
    if method["customer"] and method["customer"] != customer:
        raise Refused(
            f"The PaymentMethod {given} belongs to another customer. Pass its `customer`.",
            param="payment_method",
        )
    return str(method["id"])


def confirm(world: World, params: Parameters, identifier: str) -> Thing:
    intent = world.get("payment_intent", identifier, "intent")
    if "payment_method" in params:
        intent["payment_method"] = _method_for(world, params, intent["customer"])
    pay(world, intent, off_session=bool(params.flag("off_session", False)))
    return intent


def pay(world: World, intent: Thing, *, off_session: bool = False) -> None:
    """Charges the intent's card. Raises CardError, with the intent as it is afterwards."""
    if intent["status"] not in _OPEN or not intent["payment_method"]:
        raise Refused(
            f"You cannot confirm this PaymentIntent: its status is {intent['status']} and its "
            f"payment method {intent['payment_method']}.",
            code="payment_intent_unexpected_state",
            payment_intent=dict(intent),
        )
    method = world.get("payment_method", intent["payment_method"])
    refused = world.declines.pop(0) if world.declines else None
    refused = refused or cards.refusal(world.card_numbers[method["id"]], off_session=off_session)
    if refused:
        _fail(world, intent, method, *refused)
    succeed(world, intent, method)


def succeed(world: World, intent: Thing, method: Thing) -> None:
    charge = charges.make(world, intent, method)
    intent.update(
        amount_received=intent["amount"],
        last_payment_error=None,
        latest_charge=charge["id"],
        next_action=None,
        status="succeeded",
    )
    if intent["setup_future_usage"] and intent["customer"] and not method["customer"]:
        method["customer"] = intent["customer"]
        world.tell("payment_method.attached", method)
    world.tell("charge.succeeded", charge)
    world.tell("payment_intent.succeeded", intent)


def _fail(world: World, intent: Thing, method: Thing, code: str, decline_code: str) -> None:
    message = cards.MESSAGES.get(decline_code, cards.MESSAGES["generic_decline"])
    charge = charges.make(world, intent, method, failure=(code, decline_code, message))
    error = {
        "charge": charge["id"],
        "code": code,
        "decline_code": decline_code,
        "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}",
        "message": message,
        "payment_method": dict(method),
        "type": "card_error",
    }
    intent.update(
        last_payment_error=error,
        latest_charge=charge["id"],
        payment_method=None,
        status="requires_payment_method",
    )
    world.tell("charge.failed", charge)
    world.tell("payment_intent.payment_failed", intent)
    raise CardError(
        message,
        code=code,
        decline_code=decline_code,
        charge=charge["id"],
        payment_intent=dict(intent),
        payment_method=dict(method),
    )


def retrieve(world: World, params: Parameters, identifier: str) -> Thing:
    return world.get("payment_intent", identifier, "intent")


def listing(world: World, params: Parameters) -> Thing:
    return page(world, "payment_intent", "/v1/payment_intents", params, ("customer",))


def update(world: World, params: Parameters, identifier: str) -> Thing:
    intent = world.get("payment_intent", identifier, "intent")
    intent["metadata"] = params.metadata(intent["metadata"])
    return intent


def cancel(world: World, params: Parameters, identifier: str) -> Thing:
    intent = world.get("payment_intent", identifier, "intent")
    if intent["status"] not in _OPEN:
        raise Refused(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
        )
    intent.update(status="canceled", canceled_at=now())
    intent["cancellation_reason"] = params.text("cancellation_reason")
    world.tell("payment_intent.canceled", intent)
    return intent
