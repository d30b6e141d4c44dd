"""Which engine serves a request: chosen by quality, by what is installed and by what is fast enough."""

import logging
from collections.abc import Iterable
from typing import Any, TypeVar

from inference import weights
from inference.arrays import Quality
from inference.config import InferenceConfig
from inference.engines import onnx, plans
from inference.engines.opening import Opener
from inference.engines.patchmatch import PatchMatchEngine
from inference.engines.prompted import PromptedSaliency
from inference.engines.protocols import InpaintingEngine, MattingEngine, SegmentationEngine
from inference.engines.sessions import OpenSession
from inference.engines.slots import Slot
from inference.errors import InferenceError, WeightsMissing

logger = logging.getLogger(__name__)

QUALITIES: tuple[Quality, ...] = ("fast", "best", "auto")
FAST_MATTING = "u2netp"
FINE_MATTING = ("isnet", "isnet-u8")
FAST_INPAINTING, FINE_INPAINTING = "migan", "lama"
E = TypeVar("E")


class Engines:
    """The engines of one process; make one and share it between threads.

    A network that is missing or broken never stops the process: the next one serves, and `status`
    says so.
    """

    def __init__(self, config: InferenceConfig, open_session: OpenSession | None = None) -> None:
        self.config = config
        self._chooser = Opener(config)
        opener = open_session or self._chooser
        self._matting = {
            plan.name: Slot(plan, config, opener)
            for plan in plans.matting([FAST_MATTING, *FINE_MATTING], config.catalogue)
        }
        self._segmentation = {
            plan.name: Slot(plan, config, opener) for plan in plans.segmentation(config.catalogue)
        }
        self._inpainting = {
            plan.name: Slot(plan, config, opener) for plan in plans.inpainting(config.catalogue)
        }
        self._patchmatch = PatchMatchEngine()
        self._prompted = PromptedSaliency(lambda: self.matting("fast"))

    def warm(self) -> None:
        """Load and time what may be asked for; failures are logged, not raised."""
        for sentence in onnx.passed_over(self.config.providers):
            logger.warning(sentence)
        if self._usable([FAST_MATTING]):
            self._first_working([FAST_MATTING])
        self._first_working(self._order("best"))
        _first(self._segmentation.values())
        for slot in self._inpainting.values():
            _first([slot])

    def has_matting(self) -> bool:
        """Tell whether background removal can be served. Cheap: loads nothing."""
        return bool(self._usable(self._order("best")))

    def has_segmentation(self) -> bool:
        """Tell whether prompts can be served. Cheap: loads nothing."""
        return any(slot.is_usable() for slot in self._segmentation.values()) or self.has_matting()

    def matting(self, quality: Quality | None = None) -> MattingEngine:
        """Return the engine for a quality, by default the configured one; loads it if need be.

        Raises WeightsMissing if no network is installed that works.
        """
        engine = self._first_working(self._order(quality or self.config.default_quality))
        if engine is None:
            raise WeightsMissing((FAST_MATTING,))
        return engine

    def segmentation(self) -> SegmentationEngine:
        """Return the engine for prompts: the network made for them, else the embedded recipes.

        Raises WeightsMissing if neither is installed and works.
        """
        engine = _first(self._segmentation.values())
        if engine is None and not self.has_matting():
            raise WeightsMissing((FAST_MATTING,))
        return engine or self._prompted

    def inpainting(self, quality: Quality | None = None) -> InpaintingEngine:
        """Return the engine for a quality, by default the configured one; there always is one.

        LaMa serves "best", and "auto" where one run of it, measured here, is quick enough.
        """
        order = self._inpainting_order(quality or self.config.default_quality)
        slots = (self._inpainting[name] for name in order if name in self._inpainting)
        return _first(slots) or self._patchmatch

    def status(self) -> dict[str, Any]:
        """Describe the engines as JSON: "ready", "serves", "models" and plain "notes". Cheap.

        "serves" names the matting network of each quality, "segmentation" what serves prompts,
        "inpainting" what removes objects at each quality.
        """
        serves = {quality: self._serving(quality) for quality in QUALITIES}
        return {
            "ready": self.has_matting(),
            "serves": serves,
            "segmentation": self._serving_prompts(),
            "inpainting": {quality: self._serving_removal(quality) for quality in QUALITIES},
            "models": {name: self._model_status(name) for name in self.config.catalogue},
            "notes": self._notes(serves["best"]),
        }

    def precision(self, served: str) -> str:
        """Tell what the networks behind a result's `engine` computed with, as "bf16"; cheap."""
        parts = served.split("+")
        runtimes = {slot.name: slot.runtime for slot in self._slots() if slot.name in parts}
        return "+".join(
            dict.fromkeys(runtime.split()[-1] for runtime in runtimes.values() if runtime)
        )

    def _order(self, quality: Quality) -> list[str]:
        """Name the engines that may serve a quality, the preferred one first."""
        if quality == "fast":
            return [FAST_MATTING, *FINE_MATTING]
        if quality == "best":
            return [*FINE_MATTING, FAST_MATTING]
        return [*filter(self._is_quick, FINE_MATTING), FAST_MATTING, *FINE_MATTING]

    def _inpainting_order(self, quality: Quality) -> list[str]:
        slot = self._inpainting.get(FINE_INPAINTING)
        run_ms = slot.run_ms if slot else None
        is_quick = run_ms is not None and run_ms <= self.config.auto_inpainting_limit_ms
        if quality == "best" or (quality == "auto" and is_quick):
            return [FINE_INPAINTING, FAST_INPAINTING]
        return [FAST_INPAINTING, FINE_INPAINTING]

    def _is_quick(self, name: str) -> bool:
        slot = self._matting.get(name)
        return (
            slot is not None
            and slot.run_ms is not None
            and slot.run_ms <= self.config.auto_limit_ms
        )

    def _usable(self, names: list[str]) -> list[str]:
        return [name for name in names if name in self._matting and self._matting[name].is_usable()]

    def _first_working(self, names: list[str]) -> MattingEngine | None:
        return _first(self._matting[name] for name in names if name in self._matting)

    def _serving(self, quality: Quality) -> str | None:
        return next(iter(self._usable(self._order(quality))), None)

    def _serving_prompts(self) -> str | None:
        usable = (slot.name for slot in self._segmentation.values() if slot.is_usable())
        matting = self._serving("fast")
        return next(usable, f"{matting}+grabcut" if matting else None)

    def _serving_removal(self, quality: Quality) -> str:
        names = self._inpainting_order(quality)
        slots = (self._inpainting[name] for name in names if name in self._inpainting)
        return next((slot.name for slot in slots if slot.is_usable()), self._patchmatch.name)

    def _model_status(self, name: str) -> dict[str, Any]:
        for slot in self._slots():
            if name in slot.files:
                choice = self._chooser.serving(self.config.catalogue[name])
                return slot.status() | {
                    "installed": self._is_installed(name),
                    "precision": choice.precision,
                    "why": choice.why,
                }
        return {"installed": self._is_installed(name)}

    def _slots(self) -> list[Slot[Any]]:
        return [
            *self._matting.values(),
            *self._segmentation.values(),
            *self._inpainting.values(),
        ]

    def _is_installed(self, name: str) -> bool:
        return weights.is_installed(name, self.config.models_dir, self.config.catalogue)

    def _notes(self, best: str | None) -> list[str]:
        problems = [slot.problem() for slot in self._slots()]
        notes = [*onnx.passed_over(self.config.providers), *filter(None, problems)]
        if best is None:
            return [*notes, "No matting network can serve: run `manage.py models pull`."]
        if best not in FINE_MATTING:
            why = "cannot serve" if self._is_installed(FINE_MATTING[0]) else "is not installed"
            notes.append(f"{FINE_MATTING[0]} {why}; {best} serves quality=best.")
        elif not self._is_quick(best) and self._usable([FAST_MATTING]):
            notes.append(self._why_not_auto(best))
        return notes

    def _why_not_auto(self, best: str) -> str:
        run_ms = self._matting[best].run_ms
        measured = "has not been measured" if run_ms is None else f"takes {run_ms:.0f} ms a run"
        limit = f"the limit is {self.config.auto_limit_ms:.0f} ms"
        return f"{best} {measured} ({limit}); {FAST_MATTING} serves quality=auto."


def _first(slots: Iterable[Slot[E]]) -> E | None:
    """Return the first engine that loads; what cannot is logged and passed over."""
    for slot in slots:
        if not slot.is_usable():
            continue
        try:
            return slot.engine()
        except InferenceError as error:
            logger.error("%s cannot serve: %s", slot.name, error)
    return None
