"""The graphs that `manage.py models optimise` made here: where they lie, and what was measured.

Beside the weights, `optimised/NAME.json` says of which file they were made (its digest), what each
holds (theirs), and how close each precision came to 32 bits, and in what time. A report whose
digest is not that of the catalogue counts for nothing.
"""

import hashlib
import json
import logging
from dataclasses import asdict, dataclass, field
from pathlib import Path

import cattrs
from cattrs.errors import BaseValidationError

from inference.arrays import Precision
from inference.errors import WeightsDamaged
from inference.weights import Weights

logger = logging.getLogger(__name__)

FOLDER = "optimised"
IOU_BAR = 0.985
"""Mean IoU with the answers in 32 bits, below which a precision is not chosen by itself."""
BOUNDARY_BAR = 0.01
"""What boundary IoU with the truth may lose to 32 bits at most."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One precision on pictures it was not calibrated on; `iou` is with 32 bits, 0.0..1.0.

    `boundary_loss` is what boundary IoU with exact masks loses, 0.0..1.0 and below 0 for a gain.
    `ms` is the median of one run of the bare network with all cores.
    """

    iou: float
    worst: float
    boundary_loss: float
    ms: float

    @property
    def is_close(self) -> bool:
        return self.shortfall is None

    @property
    def shortfall(self) -> str | None:
        """Say which bar is missed and by what, None if none is."""
        if self.iou < IOU_BAR:
            return f"IoU {self.iou:.4f} of {IOU_BAR}"
        if self.boundary_loss > BOUNDARY_BAR:
            return f"boundary IoU lost {self.boundary_loss:.4f} of {BOUNDARY_BAR}"
        return None


@dataclass(frozen=True, slots=True)
class Report:
    """`files`: digest by file name, of a graph as many as it has. `graphs`: the file to open."""

    source_sha256: str
    processor: str
    made_with: str
    measured: dict[Precision, Measured] = field(default_factory=dict)
    graphs: dict[Precision, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)


def folder(models_dir: Path) -> Path:
    return models_dir / FOLDER


def read(entry: Weights, models_dir: Path) -> Report | None:
    """Return the report on a network, None if there is none that is about this very file."""
    path = folder(models_dir) / f"{entry.name}.json"
    try:
        report = cattrs.structure(json.loads(path.read_text()), Report)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, BaseValidationError, TypeError, AttributeError):
        logger.warning("%s cannot be read; run `manage.py models optimise`", path.name)
        return None
    return report if report.source_sha256 == entry.sha256 else None


def write(entry: Weights, models_dir: Path, report: Report) -> None:
    """Put the report in place at once: a reader sees the old one or the new one."""
    path = folder(models_dir) / f"{entry.name}.json"
    draft = path.with_suffix(".part")
    draft.write_text(json.dumps(asdict(report), indent=2) + "\n")
    draft.replace(path)


def verify(report: Report, precision: Precision, models_dir: Path) -> Path:
    """Return the graph's file after comparing digests; raises WeightsDamaged."""
    file_name = report.graphs[precision]
    stem = file_name.rsplit(".", 1)[0]
    for name, digest in report.files.items():
        if name.rsplit(".", 1)[0] == stem and digest_of(folder(models_dir) / name) != digest:
            raise WeightsDamaged(f"{name} is not what was made here: optimise again.")
    return folder(models_dir) / file_name


def digest_of(path: Path) -> str:
    """Return the sha256 in hexadecimal; raises WeightsDamaged if the file cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsDamaged(f"{path.name} cannot be read: {error.strerror}.") from error
