"""The table at the end of a run: experiment, what must hold, what was measured, whether it held."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

_ROW, _INSPECTED = "fault row", "fault inspection"
#: experiment, what must hold, what was measured, whether it held
Hold = Callable[[str, str, str, bool], None]


@pytest.fixture
def hold(request: pytest.FixtureRequest) -> Hold:
    """Puts a row into the table, and fails the test where it does not hold."""

    def note(experiment: str, must: str, measured: str, kept: bool) -> None:
        request.node.user_properties.append((_ROW, [experiment, must, measured, kept]))
        assert kept, f"{experiment}: {must}; measured: {measured}"

    return note


def note_inspection(node: pytest.Item, violations: list[str]) -> None:
    node.user_properties.append((_INSPECTED, violations))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    properties = list(_properties(terminalreporter))
    rows = sorted(value for name, value in properties if name == _ROW)
    inspections = [value for name, value in properties if name == _INSPECTED]
    if not rows:
        return
    table = Table("experiment", "what must hold", "measured", "kept", title="Faults")
    for experiment, must, measured, kept in rows:
        table.add_row(experiment, must, measured, "yes" if kept else "NO")
    wrong = sum(map(len, inspections))
    table.add_row(
        "all", "I1 to I9 after every experiment", f"{len(inspections)} inspections, {wrong} violations",
        "NO" if wrong else "yes",
    )  # fmt: skip
    terminalreporter.section("faults")
    console = Console(width=130, force_terminal=False)
    with console.capture() as capture:
        console.print(table)
    terminalreporter.write_line(capture.get())


def _properties(reporter: Any) -> Iterator[tuple[str, Any]]:
    """Of the last report of each test, which comes by way of xdist as well."""
    for reports in reporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "teardown":
                yield from report.user_properties
