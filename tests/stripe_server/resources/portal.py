"""Sessions of the customer portal."""

from tests.stripe_server.parameters import Parameters
from tests.stripe_server.world import Thing, World, new_id


def create(world: World, params: Parameters) -> Thing:
    customer = world.get("customer", params.required("customer"), "customer")
    session = world.add(
        "billing_portal.session",
        "bps",
        configuration=params.text("configuration") or new_id("bpc"),
        customer=customer["id"],
        customer_account=None,
        flow=None,
        locale=params.text("locale"),
        on_behalf_of=None,
        return_url=params.text("return_url"),
    )
    session["url"] = f"{world.base_url}/p/session/{session['id']}"
    return session
