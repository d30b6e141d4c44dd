"""Prices with fixed ids, a meter and a promotion code, so that plans can be tried at once."""

from tests.stripe_server.parameters import Parameters
from tests.stripe_server.resources import catalogue, meters, promotions
from tests.stripe_server.world import World

MONTHLY_PRICE = "price_demo_monthly"
METERED_PRICE = "price_demo_metered"
METER_EVENT_NAME = "maskr_images"
PROMOTION_CODE = "WELCOME10"


def stock(world: World) -> None:
    if world.find("price", MONTHLY_PRICE):
        return
    product = catalogue.make_product(world, Parameters({"name": "Maskr"}))
    monthly = {"currency": "usd", "unit_amount": "1900", "recurring": {"interval": "month"}}
    catalogue.make_price(world, Parameters(monthly), product, id=MONTHLY_PRICE, nickname="Monthly")
    meter = meters.create(
        world, Parameters({"display_name": "Pictures", "event_name": METER_EVENT_NAME})
    )
    usage = {"interval": "month", "usage_type": "metered", "meter": meter["id"]}
    metered = {"currency": "usd", "unit_amount": "5", "recurring": usage}
    catalogue.make_price(world, Parameters(metered), product, id=METERED_PRICE, nickname="Metered")
    coupon = promotions.create_coupon(world, Parameters({"percent_off": "10", "duration": "once"}))
    code = {"promotion": {"coupon": coupon["id"], "type": "coupon"}, "code": PROMOTION_CODE}
    promotions.create_code(world, Parameters(code))
