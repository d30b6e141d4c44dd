"""The one table that a run comes to, and the file that keeps it."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from inference.engines.processor import available_cores, processor

_RESULTS = Path(__file__).parent.parent / "results"


@dataclass(frozen=True)
class Row:
    """One requirement with what came of it; `kept` is None for a figure that nothing is asked of."""

    what: str
    required: str
    measured: str
    kept: bool | None = None

    @property
    def verdict(self) -> str:
        return {True: "yes", False: "NO", None: ""}[self.kept]


def table(rows: Sequence[Row]) -> str:
    """Markdown, padded so that it can be read in a terminal too."""
    cells = [("what", "required", "measured", "kept")]
    cells += [(row.what, row.required, row.measured, row.verdict) for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    lines = ["| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def machine() -> dict[str, object]:
    """What the figures hold for; the load average says what else ran when the suite began."""
    return {
        "processor": processor().name,
        "cores": available_cores(),
        "load_average": [round(value, 2) for value in os.getloadavg()],
        "python": platform.python_version(),
        "kernel": platform.release(),
    }


def write(rows: Sequence[Row], surroundings: dict[str, object]) -> Path:
    _RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    path = _RESULTS / f"load-{now:%Y%m%d-%H%M%S}.json"
    known = {"measured_at": now.isoformat(timespec="seconds")} | surroundings
    path.write_text(json.dumps(known | {"rows": [asdict(row) for row in rows]}, indent=2) + "\n")
    return path
