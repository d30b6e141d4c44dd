"""Setup intents: a card saved by a checkout session in setup mode."""

from tests.stripe_server.parameters import Parameters
from tests.stripe_server.world import Thing, World, new_id


def make(world: World, session: Thing, method: Thing) -> Thing:
    intent = world.add(
        "setup_intent",
        "seti",
        application=None,
        automatic_payment_methods=None,
        cancellation_reason=None,
        client_secret=None,
        customer=session["customer"],
        customer_account=None,
        description=None,
        excluded_payment_method_types=None,
        flow_directions=None,
        last_setup_error=None,
        latest_attempt=new_id("setatt"),
        mandate=None,
        metadata=world.session_options[session["id"]]["setup_intent_data"]["metadata"],
        next_action=None,
        on_behalf_of=None,
        payment_method=method["id"],
        payment_method_configuration_details=None,
        payment_method_options={},
        payment_method_types=["card"],
        single_use_mandate=None,
        status="succeeded",
        usage="off_session",
    )
    world.tell("setup_intent.created", intent)
    world.tell("setup_intent.succeeded", intent)
    return intent


def retrieve(world: World, params: Parameters, identifier: str) -> Thing:
    return world.get("setup_intent", identifier, "intent")
