"""How each engine is made of the files of the catalogue: the one place that knows their classes."""

from collections.abc import Callable, Sequence

import numpy as np

from inference.arrays import Point, Prompts
from inference.engines.lama import LamaEngine
from inference.engines.migan import MiganEngine
from inference.engines.mobile_sam import MobileSamEngine
from inference.engines.protocols import InpaintingEngine, MattingEngine, SegmentationEngine
from inference.engines.saliency import RECIPES, SaliencyEngine
from inference.engines.sessions import Session
from inference.engines.slots import Plan
from inference.timing import Clock
from inference.weights import Catalogue

MOBILE_SAM = ("mobilesam-encoder", "mobilesam-decoder")


def matting(names: Sequence[str], catalogue: Catalogue) -> list[Plan[MattingEngine]]:
    """Return one plan for each named network that the catalogue has."""
    return [
        Plan(name, (name,), _saliency(name), _run_matting) for name in names if name in catalogue
    ]


def segmentation(catalogue: Catalogue) -> list[Plan[SegmentationEngine]]:
    """Return the networks made for prompts, the preferred one first."""
    if not all(name in catalogue for name in MOBILE_SAM):
        return []
    return [Plan("mobilesam", MOBILE_SAM, _mobile_sam, _run_segmentation)]


def inpainting(catalogue: Catalogue) -> list[Plan[InpaintingEngine]]:
    """Return one plan for each inpainting network that the catalogue has."""
    makers = {"migan": _migan, "lama": _lama}
    return [
        Plan(name, (name,), make, _run_inpainting)
        for name, make in makers.items()
        if name in catalogue
    ]


def _saliency(name: str) -> Callable[[list[Session]], MattingEngine]:
    return lambda sessions: SaliencyEngine(name, sessions[0], RECIPES[name])


def _mobile_sam(sessions: list[Session]) -> SegmentationEngine:
    return MobileSamEngine(*sessions)


def _migan(sessions: list[Session]) -> InpaintingEngine:
    return MiganEngine(sessions[0])


def _lama(sessions: list[Session]) -> InpaintingEngine:
    return LamaEngine(sessions[0])


def _run_inpainting(engine: InpaintingEngine, clock: Clock) -> None:
    mask = np.zeros((engine.work_side, engine.work_side), np.uint8)
    mask[100:200, 100:200] = 255
    engine.inpaint(np.full((*mask.shape, 3), 128, np.uint8), mask, clock)


def _run_matting(engine: MattingEngine, clock: Clock) -> None:
    engine.matte(np.full((engine.input_side, engine.input_side, 3), 128, np.uint8), clock)


def _run_segmentation(engine: SegmentationEngine, clock: Clock) -> None:
    # Another picture each time: the engine remembers what it has seen.
    noise = np.random.default_rng().integers(0, 256, (64, 96, 3), np.uint8)
    engine.segment(noise, Prompts((Point(48, 32),)), clock)
