"""The lines of a checkout session and what they come to, after discounts and with tax."""

from tests.stripe_server.errors import ParameterMissing, Refused
from tests.stripe_server.parameters import Parameters
from tests.stripe_server.resources import catalogue, promotions
from tests.stripe_server.world import Thing, World, new_id


def make(world: World, params: Parameters, mode: str) -> list[Thing]:
    items = [_item(world, item) for item in params.groups("line_items")]
    recurring = [item["price"]["recurring"] for item in items if item["price"]["recurring"]]
    if mode == "payment" and recurring:
        raise Refused(
            "You specified `payment` mode but passed a recurring price. Either switch to "
            "`subscription` mode or use only one-time prices."
        )
    if mode == "subscription" and not recurring:
        raise Refused(
            "You must provide at least one recurring price in `subscription` mode when using prices."
        )
    if len({item["currency"] for item in items}) > 1:
        raise Refused("All line items must have the same currency.", param="line_items")
    return items


def _item(world: World, params: Parameters) -> Thing:
    price = catalogue.price_of(world, params)
    is_metered = (price["recurring"] or {}).get("usage_type") == "metered"
    quantity = params.number("quantity")
    if is_metered and quantity is not None:
        raise Refused("Quantity should not be specified where usage_type is `metered`.")
    if not is_metered and quantity is None:
        raise ParameterMissing(params.name_of("quantity"))
    amount = (price["unit_amount"] or 0) * (quantity or 0)
    return {
        "id": new_id("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": world.get("product", price["product"])["name"],
        "metadata": params.metadata(),
        "price": dict(price),
        "quantity": quantity,
    }


def total(world: World, session: Thing) -> None:
    """Sums the lines up anew; called again when a promotion code is typed."""
    items = world.line_items[session["id"]]
    if not items:
        return
    subtotal = sum(item["amount_subtotal"] for item in items)
    discount = promotions.discount_of(world, session["discounts"], subtotal)
    is_taxed = session["automatic_tax"]["enabled"]
    tax = round((subtotal - discount) * world.tax_percent / 100) if is_taxed else 0
    left_discount, left_tax = discount, tax
    for item in items:
        share = item["amount_subtotal"] / subtotal if subtotal else 0
        is_last = item is items[-1]
        item["amount_discount"] = left_discount if is_last else round(discount * share)
        item["amount_tax"] = left_tax if is_last else round(tax * share)
        left_discount -= item["amount_discount"]
        left_tax -= item["amount_tax"]
        item["amount_total"] = (
            item["amount_subtotal"] - item["amount_discount"] + item["amount_tax"]
        )
    session["amount_subtotal"] = subtotal
    session["amount_total"] = subtotal - discount + tax
    session["total_details"] = {
        "amount_discount": discount,
        "amount_shipping": 0,
        "amount_tax": tax,
    }
