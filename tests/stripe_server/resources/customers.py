"""Customers."""

from tests.stripe_server.listing import page
from tests.stripe_server.parameters import Parameters
from tests.stripe_server.resources import cards
from tests.stripe_server.world import Thing, World, new_id

_TEXTS = ("email", "name", "phone", "description")


def make(world: World, **fields: object) -> Thing:
    customer = world.add(
        "customer",
        "cus",
        address=None,
        balance=0,
        currency=None,
        customer_account=None,
        default_source=None,
        delinquent=False,
        description=None,
        discount=None,
        email=None,
        invoice_prefix=new_id("x")[2:10].upper(),
        invoice_settings={
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        metadata={},
        name=None,
        next_invoice_sequence=1,
        phone=None,
        preferred_locales=[],
        shipping=None,
        tax_exempt="none",
        test_clock=None,
    )
    customer.update(fields)
    world.tell("customer.created", customer)
    return customer


def create(world: World, params: Parameters) -> Thing:
    fields = {name: params.text(name) for name in _TEXTS}
    return make(world, **fields, metadata=params.metadata(), address=_address(params))


def retrieve(world: World, params: Parameters, identifier: str) -> Thing:
    return world.deleted.get(identifier) or world.get("customer", identifier)


def listing(world: World, params: Parameters) -> Thing:
    return page(world, "customer", "/v1/customers", params, ("email",))


def update(world: World, params: Parameters, identifier: str) -> Thing:
    customer = world.get("customer", identifier)
    changes: Thing = {name: params.text(name) for name in _TEXTS if name in params}
    changes["metadata"] = params.metadata(customer["metadata"])
    if "address" in params:
        changes["address"] = _address(params)
    chosen = params.group("invoice_settings")
    if "default_payment_method" in chosen:
        method = chosen.text("default_payment_method")
        changes["invoice_settings"] = customer["invoice_settings"] | {
            "default_payment_method": cards.get(world, method)["id"] if method else None
        }
    world.tell_change("customer.updated", customer, **changes)
    return customer


def delete(world: World, params: Parameters, identifier: str) -> Thing:
    customer = world.get("customer", identifier)
    del world.things[identifier]
    world.tell("customer.deleted", customer)
    world.deleted[identifier] = {"id": identifier, "object": "customer", "deleted": True}
    return world.deleted[identifier]


def _address(params: Parameters) -> Thing | None:
    given = params.group("address")
    if not given.values:
        return None
    names = ("city", "country", "line1", "line2", "postal_code", "state")
    return {name: given.text(name) for name in names}
