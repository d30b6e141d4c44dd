"""What Checkout refuses to begin: parameters that a mode does not take, or that exclude others."""

from tests.stripe_server.errors import ParameterMissing, Refused
from tests.stripe_server.parameters import Parameters
from tests.stripe_server.resources import promotions
from tests.stripe_server.world import World

_ONLY_IN = {
    "payment_intent_data": "payment",
    "invoice_creation": "payment",
    "customer_creation": "payment",
    "subscription_data": "subscription",
    "setup_intent_data": "setup",
}
_EXCLUDE_EACH_OTHER = (
    ("customer", "customer_email"),
    ("customer", "customer_creation"),
    ("allow_promotion_codes", "discounts"),
)


def check(world: World, params: Parameters, mode: str) -> None:
    params.required("success_url")
    for name, only in _ONLY_IN.items():
        if (
            name in params
            and mode != only
            and not (name == "customer_creation" and mode == "setup")
        ):
            raise Refused(f"You can not pass `{name}` in `{mode}` mode.", param=name)
    for one, other in _EXCLUDE_EACH_OTHER:
        if one in params and other in params:
            raise Refused(
                f"You may only specify one of these parameters: {one}, {other}.", param=one
            )
    if mode == "setup":
        _check_setup(params)
    elif not params.groups("line_items"):
        raise ParameterMissing("line_items")
    promotions.discount_of(world, [item.values for item in params.groups("discounts")], 100)
    _check_customer(world, params)


def _check_setup(params: Parameters) -> None:
    for name in ("line_items", "allow_promotion_codes", "discounts"):
        if name in params:
            raise Refused(f"You can not pass `{name}` in `setup` mode.", param=name)
    if "currency" not in params and "payment_method_types" not in params:
        raise ParameterMissing("currency")


def _check_customer(world: World, params: Parameters) -> None:
    if not (identifier := params.text("customer")):
        return
    customer = world.get("customer", identifier, "customer")
    update = params.group("customer_update")
    has_tax = params.group("automatic_tax").flag("enabled", False)
    if has_tax and not customer["address"] and update.text("address") != "auto":
        raise Refused(
            "Automatic tax calculation in Checkout requires a valid address on the Customer. Add a "
            "valid address to the Customer or set either `customer_update[address]` to 'auto' or "
            "`customer_update[shipping]` to 'auto'.",
            code="customer_tax_location_invalid",
            param="automatic_tax",
        )
    has_tax_id = params.group("tax_id_collection").flag("enabled", False)
    if has_tax_id and update.text("name") != "auto":
        raise Refused(
            "Tax ID collection requires updating business name on the customer. To enable tax ID "
            "collection for an existing customer, please set `customer_update[name]` to `auto`.",
            param="tax_id_collection",
        )
