"""Keeps the world in a file, so that a demonstration that is started again goes on."""

import json
from pathlib import Path

from tests.stripe_server.world import Thing, World

_KEPT = [
    "things",
    "deleted",
    "card_numbers",
    "line_items",
    "session_options",
    "meter_events",
    "invoiced_usage",
]


class Keeper:
    def __init__(self, world: World, path: Path) -> None:
        self._world = world
        self._path = path
        if path.exists():
            vars(world).update(json.loads(path.read_text()))

    def keep(self) -> None:
        with self._world.lock:
            kept: Thing = {name: vars(self._world)[name] for name in _KEPT}
            draft = self._path.with_suffix(".draft")
            draft.write_text(json.dumps(kept))
            draft.replace(self._path)


def undelivered(world: World) -> list[Thing]:
    return world.all("event", pending_webhooks=1)
