"""List objects with Stripe's cursors, and `expand`."""

import copy
from collections.abc import Iterable
from typing import Any

from tests.stripe_server.errors import Missing, Refused
from tests.stripe_server.parameters import Parameters
from tests.stripe_server.world import Thing, World


def as_list(url: str, data: list[Thing], has_more: bool = False) -> Thing:
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def page(
    world: World, kind: str, url: str, params: Parameters, filters: Iterable[str] = ()
) -> Thing:
    """Newest first, cut to `limit` after `starting_after` or before `ending_before`."""
    wanted = {name: value for name in filters if (value := params.text(name)) is not None}
    found = [
        thing
        for thing in reversed(world.all(kind))
        if all(_matches(thing.get(name), value) for name, value in wanted.items())
        and _is_in_time(thing, params.group("created"))
    ]
    return cut(url, found, params)


def cut(url: str, found: list[Thing], params: Parameters) -> Thing:
    limit = params.number("limit", 10) or 0
    if not 1 <= limit <= 100:
        raise Refused("This value must be between 1 and 100.", param="limit")
    if last := params.text("starting_after"):
        rest = found[_index(found, last) + 1 :]
        return as_list(url, rest[:limit], len(rest) > limit)
    if first := params.text("ending_before"):
        rest = found[: _index(found, first)]
        return as_list(url, rest[-limit:], len(rest) > limit)
    return as_list(url, found[:limit], len(found) > limit)


def _matches(value: Any, wanted: str) -> bool:
    return (str(value).lower() if isinstance(value, bool) else value) == wanted


def _is_in_time(thing: Thing, bounds: Parameters) -> bool:
    created = thing["created"]
    return (
        created >= (bounds.number("gte") or created)
        and created > (bounds.number("gt") or created - 1)
        and created <= (bounds.number("lte") or created)
        and created < (bounds.number("lt") or created + 1)
    )


def _index(found: list[Thing], identifier: str) -> int:
    for index, thing in enumerate(found):
        if thing["id"] == identifier:
            return index
    raise Missing(found[0]["object"] if found else "object", identifier, "starting_after")


def expanded(world: World, answer: Thing, paths: list[str]) -> Thing:
    """A copy with ids replaced by their objects, and with what is told only when asked for."""
    answer = copy.deepcopy(answer)
    for path in paths:
        _expand(world, answer, path.split("."))
    return answer


def _expand(world: World, thing: Any, path: list[str]) -> None:
    if not path or not isinstance(thing, dict):
        return
    name, rest = path[0], path[1:]
    if isinstance(thing.get(name), list):
        for item in thing[name]:
            _expand(world, item, rest)
        return
    value = thing.get(name)
    if isinstance(value, str) and value in world.things:
        thing[name] = copy.deepcopy(world.things[value])
    elif name not in thing and (found := _on_request(world, thing, name)) is not None:
        thing[name] = found
    _expand(world, thing.get(name), rest)


def _on_request(world: World, thing: Thing, name: str) -> Thing | None:
    """The lists that Stripe leaves out unless they are expanded."""
    match thing.get("object"), name:
        case "checkout.session", "line_items":
            url = f"/v1/checkout/sessions/{thing['id']}/line_items"
            return as_list(url, copy.deepcopy(world.line_items.get(thing["id"], [])))
        case "invoice", "payments":
            payments = world.all("invoice_payment", invoice=thing["id"])
            return as_list("/v1/invoice_payments", copy.deepcopy(payments))
        case "charge", "refunds":
            refunds = world.all("refund", charge=thing["id"])
            return as_list(f"/v1/charges/{thing['id']}/refunds", copy.deepcopy(refunds[::-1]))
        case "customer", "subscriptions":
            held = world.all("subscription", customer=thing["id"])
            return as_list("/v1/subscriptions", copy.deepcopy(held[::-1]))
    return None
