"""Billing meters and their events, each identifier counted once."""

from tests.stripe_server.errors import ParameterMissing, Refused
from tests.stripe_server.listing import page
from tests.stripe_server.parameters import Parameters
from tests.stripe_server.world import Thing, World, new_id, now

_OLDEST_S = 35 * 24 * 3600
_AHEAD_S = 300


def create(world: World, params: Parameters) -> Thing:
    mapping, values = params.group("customer_mapping"), params.group("value_settings")
    aggregation = params.group("default_aggregation")
    if world.all("billing.meter", event_name=params.required("event_name")):
        raise Refused("There is an active meter with this event name.", param="event_name")
    return world.add(
        "billing.meter",
        "mtr_test",
        customer_mapping={
            "event_payload_key": mapping.text("event_payload_key") or "stripe_customer_id",
            "type": mapping.choice("type", ("by_id",), "by_id"),
        },
        default_aggregation={"formula": aggregation.choice("formula", ("sum", "count"), "sum")},
        display_name=params.required("display_name"),
        event_name=params.required("event_name"),
        event_time_window=None,
        status="active",
        status_transitions={"deactivated_at": None},
        updated=now(),
        value_settings={"event_payload_key": values.text("event_payload_key") or "value"},
    )


def retrieve(world: World, params: Parameters, identifier: str) -> Thing:
    return world.get("billing.meter", identifier)


def listing(world: World, params: Parameters) -> Thing:
    return page(world, "billing.meter", "/v1/billing/meters", params, ("status",))


def report(world: World, params: Parameters) -> Thing:
    name = params.required("event_name")
    meters = world.all("billing.meter", event_name=name, status="active")
    if not meters:
        raise Refused(f"No active meter found for event name {name}.", param="event_name")
    payload = params.group("payload")
    value = payload.required(meters[0]["value_settings"]["event_payload_key"])
    if not value.isdigit():
        raise Refused("The value must be a whole number.", param="payload[value]")
    customer = payload.required(meters[0]["customer_mapping"]["event_payload_key"])
    world.get("customer", customer, "payload[stripe_customer_id]")
    identifier = params.text("identifier") or new_id("meter_event")
    if any(known["identifier"] == identifier for known in world.meter_events):
        # Stripe gives this refusal no code.
        raise Refused(f"An event already exists with identifier {identifier}.")
    event = {
        "object": "billing.meter_event",
        "created": now(),
        "event_name": name,
        "identifier": identifier,
        "livemode": False,
        "payload": dict(payload.values),
        "timestamp": _moment(params),
    }
    world.meter_events.append(event)
    return event


def _moment(params: Parameters) -> int:
    moment = params.number("timestamp", now())
    if moment is None:
        raise ParameterMissing("timestamp")
    if moment < now() - _OLDEST_S:
        raise Refused(
            "The timestamp must be within the past 35 calendar days.",
            code="timestamp_too_far_in_past",
            param="timestamp",
        )
    if moment > now() + _AHEAD_S:
        raise Refused(
            "The timestamp may be at most 5 minutes in the future.",
            code="timestamp_in_future",
            param="timestamp",
        )
    return moment


def take_usage(world: World, price: Thing, customer: str) -> int:
    """What was reported and not invoiced before; it is invoiced now."""
    meter = world.get("billing.meter", price["recurring"]["meter"])
    counts = meter["default_aggregation"]["formula"] == "count"
    total = 0
    for event in world.meter_events:
        payload = event["payload"]
        is_theirs = payload[meter["customer_mapping"]["event_payload_key"]] == customer
        is_new = event["identifier"] not in world.invoiced_usage
        if is_theirs and is_new and event["event_name"] == meter["event_name"]:
            world.invoiced_usage.append(event["identifier"])
            total += 1 if counts else int(payload[meter["value_settings"]["event_payload_key"]])
    return total
