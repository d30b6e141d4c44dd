"""Events, for those who ask rather than wait to be told."""

from tests.stripe_server.errors import Refused
from tests.stripe_server.listing import cut
from tests.stripe_server.parameters import Parameters
from tests.stripe_server.world import Thing, World


def retrieve(world: World, params: Parameters, identifier: str) -> Thing:
    return world.get("event", identifier)


def listing(world: World, params: Parameters) -> Thing:
    kind, kinds = params.text("type"), params.texts("types")
    if kind and kinds:
        raise Refused("You may only specify one of these parameters: type, types.", param="type")
    wanted = [kind] if kind else kinds
    since = params.group("created").number("gte", 0) or 0
    found = [
        event
        for event in reversed(world.all("event"))
        if (not wanted or _is_one_of(event["type"], wanted)) and event["created"] >= since
    ]
    return cut("/v1/events", found, params)


def _is_one_of(kind: str, wanted: list[str]) -> bool:
    """`charge.*` stands for all of a group."""
    return any(
        kind == name or (name.endswith("*") and kind.startswith(name[:-1])) for name in wanted
    )
