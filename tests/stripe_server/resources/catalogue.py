"""Products and prices, made by calls or on the way by a line item's price_data."""

from tests.stripe_server.errors import ParameterMissing, Refused
from tests.stripe_server.listing import page
from tests.stripe_server.parameters import Parameters
from tests.stripe_server.world import Thing, World, now


def make_product(world: World, params: Parameters, **fields: object) -> Thing:
    given = {"id": identifier} if (identifier := params.text("id")) else {}
    return world.add(
        "product",
        "prod",
        default_price=None,
        description=params.text("description"),
        images=[],
        marketing_features=[],
        metadata=params.metadata(),
        name=params.required("name"),
        package_dimensions=None,
        shippable=None,
        statement_descriptor=None,
        tax_code=params.text("tax_code"),
        type="service",
        unit_label=params.text("unit_label"),
        updated=now(),
        url=None,
        **({"active": True} | given | fields),
    )


def create_product(world: World, params: Parameters) -> Thing:
    if (identifier := params.text("id")) and world.find("product", identifier):
        raise Refused("Product already exists.", code="resource_already_exists")
    product = make_product(world, params)
    world.tell("product.created", product)
    return product


def retrieve_product(world: World, params: Parameters, identifier: str) -> Thing:
    return world.get("product", identifier)


def list_products(world: World, params: Parameters) -> Thing:
    return page(world, "product", "/v1/products", params, ("active",))


def make_price(world: World, params: Parameters, product: Thing, **fields: object) -> Thing:
    recurring = params.group("recurring") if "recurring" in params else None
    amount = params.number("unit_amount")
    decimal = params.text("unit_amount_decimal")
    if amount is None and decimal is None:
        raise ParameterMissing(params.name_of("unit_amount"))
    return world.add(
        "price",
        "price",
        billing_scheme="per_unit",
        currency=params.required("currency").lower(),
        custom_unit_amount=None,
        lookup_key=params.text("lookup_key"),
        metadata=params.metadata(),
        product=product["id"],
        recurring=_recurring(world, recurring) if recurring else None,
        tax_behavior=params.text("tax_behavior") or "unspecified",
        tiers_mode=None,
        transform_quantity=None,
        type="recurring" if recurring else "one_time",
        unit_amount=amount if amount is not None else _whole(decimal),
        unit_amount_decimal=decimal or str(amount),
        **({"active": True, "nickname": params.text("nickname")} | fields),
    )


def _whole(decimal: str | None) -> int | None:
    return int(decimal) if decimal and decimal.isdigit() else None


def _recurring(world: World, params: Parameters) -> Thing:
    usage = params.choice("usage_type", ("licensed", "metered"), "licensed")
    meter = params.text("meter")
    if usage == "metered":
        if not meter:
            raise ParameterMissing(params.name_of("meter"))
        world.get("billing.meter", meter, params.name_of("meter"))
    return {
        "interval": params.choice("interval", ("day", "week", "month", "year"), "")
        if params.required("interval")
        else "",
        "interval_count": params.number("interval_count", 1),
        "meter": meter,
        "trial_period_days": None,
        "usage_type": usage,
    }


def create_price(world: World, params: Parameters) -> Thing:
    if "product_data" in params:
        product = make_product(world, params.group("product_data"))
    else:
        product = world.get("product", params.required("product"), "product")
    price = make_price(world, params, product)
    world.tell("price.created", price)
    return price


def retrieve_price(world: World, params: Parameters, identifier: str) -> Thing:
    return world.get("price", identifier)


def update_price(world: World, params: Parameters, identifier: str) -> Thing:
    price = world.get("price", identifier)
    changes: Thing = {"metadata": params.metadata(price["metadata"])}
    if "active" in params:
        changes["active"] = params.flag("active")
    world.tell_change("price.updated", price, **changes)
    return price


def list_prices(world: World, params: Parameters) -> Thing:
    return page(world, "price", "/v1/prices", params, ("active", "product", "type"))


def price_of(world: World, item: Parameters) -> Thing:
    """The price that a line item names or describes."""
    if "price_data" in item:
        data = item.group("price_data")
        if "product_data" in data:
            product = make_product(world, data.group("product_data"), active=False)
        else:
            name = data.name_of("product")
            product = world.get("product", data.required("product"), name)
        return make_price(world, data, product, active=False)
    price = world.get("price", item.required("price"), item.name_of("price"))
    if not price["active"]:
        raise Refused(
            f"The price specified is inactive: {price['id']}.", param=item.name_of("price")
        )
    return price
