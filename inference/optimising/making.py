"""Makes the graphs of one network, measures them, and installs those that are good enough."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from inference import optimised, weights
from inference.arrays import Matte, Precision
from inference.engines.onnx import OnnxSession
from inference.engines.opening import machine
from inference.engines.openvino import OpenVinoSession
from inference.engines.processor import available_cores
from inference.engines.saliency import RECIPES, SaliencyEngine
from inference.engines.sessions import Session
from inference.errors import UnknownWeights, WeightsDamaged
from inference.optimised import Measured, Report
from inference.optimising import quantising
from inference.optimising.judging import compare
from inference.optimising.pictures import Scene, calibration_pictures, judged_scenes
from inference.resampling import resize
from inference.timing import Clock
from inference.weights import CATALOGUE, Catalogue, Weights

_FOUND = 0.75
"""IoU with the truth from which on an object counts as found."""
_WARM_UP = np.full((64, 64, 3), 128, np.uint8)
Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`report` as it was written; `refused` names the precisions that were not good enough."""

    report: Report
    refused: tuple[Precision, ...]
    seconds: float


def names(catalogue: Catalogue = CATALOGUE) -> tuple[str, ...]:
    """Name the networks that graphs can be made of."""
    return tuple(name for name in catalogue if name in RECIPES)


def is_up_to_date(name: str, models_dir: Path, catalogue: Catalogue = CATALOGUE) -> bool:
    """Tell whether graphs of this very file were made here, on this processor, by these tools.

    Reads what was made: of a graph that is gone or altered it is not true.
    """
    report = optimised.read(weights.find(name, catalogue), models_dir)
    made_here = str(machine().processor), quantising.version()
    if report is None or (report.processor, report.made_with) != made_here:
        return False
    try:
        for precision in report.graphs:
            optimised.verify(report, precision, models_dir)
    except WeightsDamaged:
        return False
    return True


def steps(name: str) -> int:
    """Count what `optimise` advances by in all: pictures looked at. Raises UnknownWeights."""
    if name not in names():
        raise UnknownWeights(name, names())
    precisions = 3 if machine().lacks("bf16") is None else 2
    return quantising.looks(name) + precisions * len(judged_scenes())


def optimise(
    name: str, models_dir: Path, advance: Advance, catalogue: Catalogue = CATALOGUE
) -> Outcome:
    """Make and measure the graphs of an installed network; nothing is in place before the end.

    Raises UnknownWeights, WeightsMissing, WeightsDamaged, OptimiserMissing or EngineFailed.
    """
    # The packages first: without them nothing below says so in a sentence.
    made_with = quantising.version()
    from inference.optimising.graphs import slim, write

    started = time.perf_counter()
    entry, source = weights.find(name, catalogue), weights.verify(name, models_dir, catalogue)
    place = optimised.folder(models_dir)
    place.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=place) as folder:
        plain = write(slim(source), Path(folder) / f"{name}.fp32.onnx")
        small = Path(folder) / f"{name}.int8.xml"
        pictures = calibration_pictures(quantising.RECIPES[name].pictures)
        quantising.quantise(name, plain, pictures, small, lambda: advance(1))
        measured = _measure(name, _sessions(plain, small), advance)
        good: dict[Precision, Path] = {"fp32": plain}
        if measured["int8"].is_close:
            good["int8"] = small
        report = _installed(entry, models_dir, made_with, measured, good)
    refused = tuple(each for each, found in measured.items() if not found.is_close)
    return Outcome(report, refused, time.perf_counter() - started)


def _sessions(plain: Path, small: Path) -> dict[Precision, Session]:
    cores = available_cores()
    sessions: dict[Precision, Session] = {
        "fp32": OnnxSession(plain),
        "int8": OpenVinoSession(small, "int8", cores),
    }
    if machine().lacks("bf16") is None:
        sessions["bf16"] = OpenVinoSession(plain, "bf16", cores)
    return sessions


def _measure(
    name: str, sessions: dict[Precision, Session], advance: Advance
) -> dict[Precision, Measured]:
    engines = {
        each: SaliencyEngine(name, session, RECIPES[name]) for each, session in sessions.items()
    }
    judged = judged_scenes()
    plain, times = _run(engines["fp32"], judged, advance)
    told = _telling(plain, judged)
    scenes, plain = list(compress(judged, told)), list(compress(plain, told))
    truth = _boundary_iou(plain, scenes)
    found: dict[Precision, Measured] = {"fp32": Measured(1.0, 1.0, 0.0, times)}
    # One after the other: the threads of one runtime go on spinning while the next one works.
    for each in sessions:
        if each == "fp32":
            continue
        mattes, times = _run(engines[each], scenes, advance)
        advance(len(judged) - len(scenes))
        agreement, loss = compare(mattes, plain), truth - _boundary_iou(mattes, scenes)
        iou, worst, lost = (round(figure, 4) for figure in (agreement.iou, agreement.worst, loss))
        found[each] = Measured(iou, worst, lost, times)
    return found


def _run(
    engine: SaliencyEngine, scenes: Sequence[Scene], advance: Advance
) -> tuple[list[Matte], float]:
    """Return the mattes, and the milliseconds of the quickest: other work only ever adds."""
    engine.matte(_WARM_UP)
    mattes, times = [], []
    for scene in scenes:
        clock = Clock()
        mattes.append(engine.matte(scene.rgb, clock))
        times.append(clock.milliseconds["network"])
        advance(1)
    return mattes, round(min(times), 1)


def _telling(plain: Sequence[Matte], scenes: Sequence[Scene]) -> list[bool]:
    """Tell of each scene whether 32 bits find its object, and if they find none, to judge by all.

    Where they do not, it is chance on which side of one half an answer falls. Photographs count:
    each has a subject, of which nobody knows the mask.
    """
    found = [
        scene.truth is not None and compare([matte], [_truth_of(scene, matte)]).iou >= _FOUND
        for matte, scene in zip(plain, scenes, strict=True)
    ]
    none = not any(found)
    return [one or none or scene.truth is None for one, scene in zip(found, scenes, strict=True)]


def _boundary_iou(mattes: Sequence[Matte], scenes: Sequence[Scene]) -> float:
    """Return the mean with the exact masks of those scenes that have one."""
    pairs = [
        (matte, _truth_of(scene, matte))
        for matte, scene in zip(mattes, scenes, strict=True)
        if scene.truth is not None
    ]
    return compare([matte for matte, _ in pairs], [truth for _, truth in pairs]).boundary_iou


def _truth_of(scene: Scene, matte: Matte) -> Matte:
    if scene.truth is None:
        raise ValueError("Nobody knows the mask of a photograph.")
    return resize(scene.truth, (matte.shape[1], matte.shape[0])) * np.float32(1 / 255)


def _installed(
    entry: Weights,
    models_dir: Path,
    made_with: str,
    measured: dict[Precision, Measured],
    graphs: dict[Precision, Path],
) -> Report:
    """Move the graphs into place; the report, which makes them count, comes last."""
    files = [path for graph in graphs.values() for path in graph.parent.glob(f"{graph.stem}.*")]
    report = Report(
        entry.sha256,
        str(machine().processor),
        made_with,
        measured,
        {each: graph.name for each, graph in graphs.items()},
        {path.name: optimised.digest_of(path) for path in files},
        optimised.edition_of(entry.name),
    )
    for path in files:
        path.replace(optimised.folder(models_dir) / path.name)
    optimised.write(entry, models_dir, report)
    return report
