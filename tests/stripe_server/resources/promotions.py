"""Coupons, and the promotion codes that customers type to get them."""

from tests.stripe_server.errors import ParameterMissing, Refused
from tests.stripe_server.listing import page
from tests.stripe_server.parameters import Parameters
from tests.stripe_server.world import Thing, World, new_id, now


def create_coupon(world: World, params: Parameters) -> Thing:
    percent, amount = params.text("percent_off"), params.number("amount_off")
    if (percent is None) == (amount is None):
        raise Refused("You must pass either `percent_off` or `amount_off`.", param="percent_off")
    if amount is not None and not params.text("currency"):
        raise ParameterMissing("currency")
    given = {"id": identifier} if (identifier := params.text("id")) else {}
    coupon = world.add(
        "coupon",
        "coupon",
        amount_off=amount,
        currency=params.text("currency"),
        duration=params.choice("duration", ("once", "forever", "repeating"), "once"),
        duration_in_months=params.number("duration_in_months"),
        max_redemptions=params.number("max_redemptions"),
        metadata=params.metadata(),
        name=params.text("name"),
        percent_off=float(percent) if percent else None,
        redeem_by=params.number("redeem_by"),
        times_redeemed=0,
        valid=True,
        **given,
    )
    world.tell("coupon.created", coupon)
    return coupon


def retrieve_coupon(world: World, params: Parameters, identifier: str) -> Thing:
    return world.get("coupon", identifier)


def list_coupons(world: World, params: Parameters) -> Thing:
    return page(world, "coupon", "/v1/coupons", params)


def create_code(world: World, params: Parameters) -> Thing:
    promotion = params.group("promotion")
    promotion.choice("type", ("coupon",), "coupon")
    coupon = world.get("coupon", promotion.required("coupon"), "promotion[coupon]")
    code = world.add(
        "promotion_code",
        "promo",
        active=params.flag("active", True),
        code=params.text("code") or new_id("x")[2:10].upper(),
        customer=params.text("customer"),
        customer_account=None,
        expires_at=params.number("expires_at"),
        max_redemptions=params.number("max_redemptions"),
        metadata=params.metadata(),
        promotion={"coupon": coupon["id"], "type": "coupon"},
        restrictions={
            "first_time_transaction": False,
            "minimum_amount": None,
            "minimum_amount_currency": None,
        },
        times_redeemed=0,
    )
    world.tell("promotion_code.created", code)
    return code


def retrieve_code(world: World, params: Parameters, identifier: str) -> Thing:
    return world.get("promotion_code", identifier)


def list_codes(world: World, params: Parameters) -> Thing:
    return page(world, "promotion_code", "/v1/promotion_codes", params, ("active", "code"))


def typed(world: World, text: str) -> Thing | None:
    """The code a customer may use now. Letter case does not matter."""
    for code in world.all("promotion_code", active=True):
        limit, end = code["max_redemptions"], code["expires_at"]
        is_left = (limit is None or code["times_redeemed"] < limit) and (not end or end > now())
        if is_left and code["code"].lower() == text.strip().lower():
            return code
    return None


def discount_of(world: World, discounts: list[Thing], amount: int) -> int:
    """What coupons and promotion codes take off this amount, in the order given."""
    left = amount
    for discount in discounts:
        coupon = _coupon(world, discount)
        off = coupon["amount_off"] or round(left * (coupon["percent_off"] or 0) / 100)
        left -= min(left, off)
    return amount - left


def _coupon(world: World, discount: Thing) -> Thing:
    if discount.get("promotion_code"):
        code = world.get("promotion_code", discount["promotion_code"], "discounts")
        return world.get("coupon", code["promotion"]["coupon"])
    return world.get("coupon", discount["coupon"], "discounts")


def redeem(world: World, discounts: list[Thing]) -> None:
    for discount in discounts:
        _coupon(world, discount)["times_redeemed"] += 1
        if discount.get("promotion_code"):
            world.get("promotion_code", discount["promotion_code"])["times_redeemed"] += 1
