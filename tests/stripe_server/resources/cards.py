"""Payment methods: Stripe's test cards and how each of them behaves."""

from dataclasses import dataclass

from tests.stripe_server.errors import CardError, Refused
from tests.stripe_server.listing import cut, page
from tests.stripe_server.parameters import Parameters
from tests.stripe_server.world import Thing, World

GOOD = "4242424242424242"
DECLINED = "4000000000000002"
WITHOUT_FUNDS = "4000000000009995"
DECLINED_WHEN_CHARGED = "4000000000000341"
ASKS_ITS_OWNER = "4000002760003184"


@dataclass(frozen=True)
class Card:
    label: str
    test_id: str
    code: str = ""
    decline_code: str = ""
    can_be_saved: bool = True
    is_good_in_person: bool = True


CARDS = {
    GOOD: Card("Visa, good", "pm_card_visa"),
    DECLINED: Card(
        "declined", "pm_card_chargeDeclined", "card_declined", "generic_decline", False, False
    ),
    WITHOUT_FUNDS: Card(
        "insufficient funds",
        "pm_card_chargeDeclinedInsufficientFunds",
        "card_declined",
        "insufficient_funds",
        False,
        False,
    ),
    DECLINED_WHEN_CHARGED: Card(
        "can be saved, but every charge is declined",
        "pm_card_chargeCustomerFail",
        "card_declined",
        "generic_decline",
        True,
        False,
    ),
    ASKS_ITS_OWNER: Card(
        "good here; asks for its owner when charged later",
        "pm_card_authenticationRequired",
        "authentication_required",
        "authentication_required",
    ),
}
_BY_TEST_ID = {card.test_id: number for number, card in CARDS.items()}
MESSAGES = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "authentication_required": "Your card was declined. This transaction requires authentication.",
    "expired_card": "Your card has expired.",
}


def refusal(number: str, *, off_session: bool) -> tuple[str, str] | None:
    """The code and decline code of a charge that fails; None for one that goes through."""
    card = CARDS[number]
    if not card.code or (card.is_good_in_person and not off_session):
        return None
    return card.code, card.decline_code


def make(world: World, number: str, customer: str | None = None) -> Thing:
    if number not in CARDS:
        raise CardError("Your card number is incorrect.", code="incorrect_number", param="number")
    method = world.add(
        "payment_method",
        "pm",
        allow_redisplay="unspecified",
        billing_details={
            "address": _NOWHERE,
            "email": None,
            "name": None,
            "phone": None,
            "tax_id": None,
        },
        card={
            "brand": "visa",
            "checks": {
                "address_line1_check": None,
                "address_postal_code_check": None,
                "cvc_check": "pass",
            },
            "country": "US",
            "display_brand": "visa",
            "exp_month": 12,
            "exp_year": 2044,
            "fingerprint": f"fp{number[-8:]}",
            "funding": "credit",
            "generated_from": None,
            "last4": number[-4:],
            "networks": {"available": ["visa"], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        customer=customer,
        customer_account=None,
        metadata={},
        type="card",
    )
    world.card_numbers[method["id"]] = number
    if customer:
        world.tell("payment_method.attached", method)
    return method


_NOWHERE = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))


def get(world: World, identifier: str) -> Thing:
    """A test id such as pm_card_visa stands for a new card of that kind."""
    if identifier in _BY_TEST_ID:
        return make(world, _BY_TEST_ID[identifier])
    return world.get("payment_method", identifier, "payment_method")


def create(world: World, params: Parameters) -> Thing:
    params.choice("type", ["card"], "")
    if token := params.group("card").text("token"):
        numbers = {f"tok_{card.test_id.removeprefix('pm_card_')}": n for n, card in CARDS.items()}
        return make(world, numbers.get(token, ""))
    return make(world, params.group("card").required("number"))


def retrieve(world: World, params: Parameters, identifier: str) -> Thing:
    return get(world, identifier)


def listing(world: World, params: Parameters) -> Thing:
    return page(world, "payment_method", "/v1/payment_methods", params, ("customer", "type"))


def of_customer(world: World, params: Parameters, customer: str) -> Thing:
    found = world.all("payment_method", customer=world.get("customer", customer)["id"])
    return cut(f"/v1/customers/{customer}/payment_methods", found[::-1], params)


def attach(world: World, params: Parameters, identifier: str) -> Thing:
    customer = world.get("customer", params.required("customer"), "customer")
    method = get(world, identifier)
    card = CARDS[world.card_numbers[method["id"]]]
    if not card.can_be_saved:
        raise CardError(MESSAGES[card.decline_code], code=card.code, decline_code=card.decline_code)
    if method["customer"] not in (None, customer["id"]):
        raise Refused(
            "The payment method you provided has already been attached to a customer.",
            code="payment_method_unexpected_state",
        )
    if not method["customer"]:
        method["customer"] = customer["id"]
        world.tell("payment_method.attached", method)
    return method


def detach(world: World, params: Parameters, identifier: str) -> Thing:
    method = get(world, identifier)
    if not method["customer"]:
        raise Refused("The payment method you provided is not attached to a customer.")
    before = world.change(method, customer=None)
    for customer in world.all("customer", id=before["customer"]):
        if customer["invoice_settings"]["default_payment_method"] == method["id"]:
            customer["invoice_settings"]["default_payment_method"] = None
    world.tell("payment_method.detached", method, before)
    return method
