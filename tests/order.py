"""Which tests come first where two processes share them: what takes long, and each kind in one of them.

Each process begins with its half of the tests, and takes from the end of the other's when it has no
more. So installations are started once for all tests that share them, no two measure each other, and
nothing long is left for the end.
"""

import os
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")
#: Start the product's processes.
INSTALLATIONS = ("tests/live/", "tests/faults/")
#: One test that takes as long as hundreds.
LONG = ("tests/billing/test_money_machine.py",)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if os.environ.get("PYTEST_XDIST_WORKER_COUNT") == "2":
        items[:] = in_halves(items, lambda item: item.nodeid)


def in_halves(tests: list[T], name: Callable[[T], str]) -> list[T]:
    """Installations begin the first half, the long ones the second; the others keep their order."""
    first = [test for kind in INSTALLATIONS for test in tests if name(test).startswith(kind)]
    second = [test for test in tests if name(test).startswith(LONG)]
    others = [test for test in tests if not name(test).startswith(INSTALLATIONS + LONG)]
    rest = max(0, len(tests) // 2 - len(first))
    return [*first, *others[:rest], *second, *others[rest:]]
