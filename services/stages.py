"""The stages of a job in the order in which they happen: PostgreSQL keeps no order in JSON."""

from collections.abc import Mapping

_ORDER = ("queue", "decode", "prepare", "network", "detail", "edges", "colours", "encode")
_PLACES = {stage: place for place, stage in enumerate(_ORDER)}


def in_order(timings: Mapping[str, float]) -> dict[str, float]:
    """Milliseconds by stage; one that has no place here comes last."""
    return dict(sorted(timings.items(), key=lambda item: _PLACES.get(item[0], len(_ORDER))))
