"""The graphs that `manage.py models optimise` made here: where they lie, and what was measured.

Beside the weights, `optimised/NAME.json` says of which file they were made (its digest), what each
holds (theirs), and how close each precision came to 32 bits, and in what time. A report whose
digest is not that of the catalogue counts for nothing.
"""

import hashlib
import json
import logging
from dataclasses import asdict, dataclass, field
from functools import lru_cache
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
# Counted up where graphs that were made before are not good enough: they are left alone until they
# are made anew. IS-Net's first ones did not see the lights and shades of pictures, and the second
# ones lost more of the outlines than they may.
_EDITIONS = {"isnet": 3, "isnet-u8": 3}


@dataclass(frozen=True, slots=True)
class Measured:
    """One precision on pictures it was not calibrated on; `iou` is with 32 bits, 0.0..1.0.

    `boundary_loss` is what boundary IoU with exact masks loses, 0.0..1.0 and below 0 for a gain.
    `ms` is the quickest of one run a picture of the bare network with all cores: other work of the
    machine only ever adds.
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
    """`files`: digest by file name, of a graph as many as it has. `graphs`: the file to open.

    `edition` is that of the way they were made; reports from before it was counted have none.
    """

    source_sha256: str
    processor: str
    made_with: str
    measured: dict[Precision, Measured] = field(default_factory=dict)
    graphs: dict[Precision, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    edition: int = 1


def edition_of(name: str) -> int:
    """Count the ways in which graphs of a network were made until now."""
    return _EDITIONS.get(name, 1)


def folder(models_dir: Path) -> Path:
    return models_dir / FOLDER


def read(entry: Weights, models_dir: Path) -> Report | None:
    """Return the report on a network, None if there is none that is about this very file.

    Nor is one of an earlier edition: the graphs that it vouches for are not good enough.
    """
    path = folder(models_dir) / f"{entry.name}.json"
    try:
        report = cattrs.structure(json.loads(path.read_text()), Report)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, BaseValidationError, TypeError, AttributeError):
        _tell_once(path, "cannot be read", *_stamp_of(path))
        return None
    if report.edition != edition_of(entry.name):
        _tell_once(path, "was made in a way that lost too much", *_stamp_of(path))
        return None
    return report if report.source_sha256 == entry.sha256 else None


@lru_cache(maxsize=32)
def _tell_once(path: Path, what: str, *_stamp: int) -> None:
    """Of the same file once: whoever asks for the state of a server asks every few seconds."""
    logger.warning("%s %s; run `manage.py models optimise`", path.name, what)


def write(entry: Weights, models_dir: Path, report: Report) -> None:
    """Put the report in place at once: a reader sees the old one or the new one."""
    path = folder(models_dir) / f"{entry.name}.json"
    draft = path.with_suffix(".part")
    draft.write_text(json.dumps(asdict(report), indent=2) + "\n")
    draft.replace(path)


def verify(report: Report, precision: Precision, models_dir: Path) -> Path:
    """Return the graph's file after comparing digests; raises WeightsDamaged."""
    for path, digest in _files(report, precision, models_dir):
        _compare(path, digest, digest_of(path))
    return folder(models_dir) / report.graphs[precision]


def damage(report: Report, precision: Precision, models_dir: Path) -> str | None:
    """Say why the graph made for a precision cannot be used; None if it can, or none was made.

    Cheap: a file is read only once, until its size or its time changes.
    """
    if precision not in report.graphs:
        return None
    try:
        for path, digest in _files(report, precision, models_dir):
            _compare(path, digest, _remembered_digest(path))
    except WeightsDamaged as error:
        return str(error)
    return None


def _files(report: Report, precision: Precision, models_dir: Path) -> list[tuple[Path, str]]:
    """Return the files of a graph, each with the digest it had; raises WeightsDamaged."""
    graph = report.graphs[precision]
    if graph not in report.files:
        raise WeightsDamaged(f"{graph} is not what was made here: optimise again.")
    place, stem = folder(models_dir), Path(graph).stem
    return [
        (place / name, digest) for name, digest in report.files.items() if Path(name).stem == stem
    ]


def _compare(path: Path, wanted: str, found: str) -> None:
    if found != wanted:
        raise WeightsDamaged(f"{path.name} is not what was made here: optimise again.")


def digest_of(path: Path) -> str:
    """Return the sha256 in hexadecimal; raises WeightsDamaged if the file cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsDamaged(f"{path.name} cannot be read: {error.strerror}.") from error


def _remembered_digest(path: Path) -> str:
    stamp = _stamp_of(path)
    # Without one nothing is there to be remembered.
    return _digest_as_of(path, *stamp) if stamp else digest_of(path)


def _stamp_of(path: Path) -> tuple[int, ...]:
    """Return what changes with a file's content; nothing if it cannot be looked at."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_size, found.st_mtime_ns, found.st_ino


@lru_cache(maxsize=32)
def _digest_as_of(path: Path, *_stamp: int) -> str:
    return digest_of(path)
