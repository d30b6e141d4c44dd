"""Which runtime and precision a network is opened with, and why.

`auto` is the fastest that `manage.py models optimise` measured to be as good as 32 bits on this
machine. Where nothing was measured, it is bfloat16 for the networks known to bear it, else 32 bits.
"""

import importlib.util
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from inference import optimised
from inference.arrays import Precision
from inference.config import InferenceConfig
from inference.engines.onnx import OnnxSession
from inference.engines.openvino import OpenVinoSession
from inference.engines.processor import Processor, available_cores, processor
from inference.engines.sessions import Session
from inference.errors import InferenceError
from inference.optimised import Report
from inference.weights import Weights

logger = logging.getLogger(__name__)
_CPU = "CPUExecutionProvider"
_LARGE_BYTES = 20_000_000
_FASTEST_FIRST: tuple[Precision, ...] = ("int8", "bf16")


@dataclass(frozen=True, slots=True)
class Choice:
    """How a network is to be opened; `why` is half a sentence for the operator."""

    precision: Precision
    why: str

    def __str__(self) -> str:
        return f"{self.precision}: {self.why}"


@dataclass(frozen=True, slots=True)
class Machine:
    """What choosing depends on beside the configuration."""

    processor: Processor
    has_openvino: bool

    def lacks(self, precision: Precision) -> str | None:
        """Say why it cannot, or should not, compute with a precision; None if it can."""
        if not self.processor.is_x86_64 or not self.has_openvino:
            return "OpenVINO is not installed"
        if precision == "bf16" and not self.processor.has_bf16:
            return "the processor has no bfloat16"
        if precision == "int8" and not (self.processor.has_vnni or self.processor.has_avx2):
            return "the processor has neither VNNI nor AVX2"
        return None

    def distrusts(self, precision: Precision, report: Report) -> str | None:
        """Say why what was measured of a precision elsewhere says nothing here; None if it does.

        With VNNI no sum of int8 overflows, and a graph is as close wherever it runs.
        """
        if (
            precision != "int8"
            or self.processor.has_vnni
            or report.processor == str(self.processor)
        ):
            return None
        return "measured on another processor: run `manage.py models optimise` on this one"


@cache
def machine() -> Machine:
    # Looked for, not imported: that takes half a second, and starts threads.
    return Machine(processor(), importlib.util.find_spec("openvino") is not None)


class Opener:
    """Opens the files of the catalogue, the first choice that works; 32 bits always remain."""

    def __init__(self, config: InferenceConfig, on: Callable[[], Machine] = machine) -> None:
        self._config = config
        self._on = on
        self._opened: dict[str, Choice] = {}

    def __call__(self, name: str, path: Path) -> Session:
        """Return a session for the file of a catalogue row; raises EngineFailed."""
        entry = self._config.catalogue[name]
        failed: dict[Precision, str] = {}
        for choice in self._ways(entry):
            try:
                session = self._open(entry, path, choice.precision)
            except InferenceError as error:
                logger.error("%s in %s: %s", name, choice.precision, error)
                failed[choice.precision] = str(error)
            else:
                self._opened[name] = _without(failed, choice)
                return session
        session = self._portable(entry, path)
        self._opened[name] = _without(failed, Choice("fp32", ""))
        return session

    def serving(self, entry: Weights) -> Choice:
        """Return how a network was opened, or what would be tried first if it was not. Cheap."""
        return self._opened.get(entry.name) or self.choices(entry)[0]

    def choices(self, entry: Weights) -> list[Choice]:
        """Return what can be opened as far as files tell, the preferred one first. Opens nothing."""
        ways = self._ways(entry)
        report = optimised.read(entry, self._config.models_dir)
        if report is None:
            return ways
        damages: dict[Precision, str] = {}
        for way in ways[:-1]:
            if damage := optimised.damage(report, way.precision, self._config.models_dir):
                damages[way.precision] = damage
        sound = [way for way in ways[:-1] if way.precision not in damages]
        return [_without(damages, way) for way in (*sound, ways[-1])]

    def _ways(self, entry: Weights) -> list[Choice]:
        """Return what is to be tried, 32 bits last."""
        if entry.task != "matting":
            return [Choice("fp32", "it has no other graph")]
        if self._config.providers[:1] != (_CPU,):
            return [Choice("fp32", f"{self._config.providers[0]} was asked for")]
        report = optimised.read(entry, self._config.models_dir)
        return [*self._preferred(entry, report), Choice("fp32", self._why_plain(entry, report))]

    def _preferred(self, entry: Weights, report: Report | None) -> Iterator[Choice]:
        wanted = self._config.precision
        if wanted != "auto":
            if wanted != "fp32" and self._obstacle(wanted, report) is None:
                yield Choice(wanted, "MASKR_PRECISION asks for it")
            return
        usable = [each for each in _FASTEST_FIRST if self._doubt(each, report) is None]
        if report is None:
            if entry.bears_bf16 and "bf16" in usable:
                yield Choice("bf16", "this network is known to lose nothing by it")
            return
        measured = report.measured
        plain_ms = measured["fp32"].ms if "fp32" in measured else float("inf")
        close = [
            each
            for each in usable
            if each in measured and measured[each].is_close and measured[each].ms < plain_ms
        ]
        for each in sorted(close, key=lambda precision: measured[precision].ms):
            figures = f"IoU {measured[each].iou:.4f} with fp32, {measured[each].ms:.0f} ms a run"
            yield Choice(each, f"the fastest measured that is as good ({figures})")

    def _obstacle(self, precision: Precision, report: Report | None) -> str | None:
        lacking = self._on().lacks(precision)
        if lacking is None and precision == "int8" and (not report or "int8" not in report.graphs):
            # One below the bar is measured, and not installed.
            refused = report and "int8" in report.measured and report.measured["int8"].shortfall
            return refused or "no int8 graph was made: run `manage.py models optimise`"
        return lacking

    def _doubt(self, precision: Precision, report: Report | None) -> str | None:
        """Say why a precision is not chosen where none was asked for; None if it may be."""
        obstacle = self._obstacle(precision, report)
        if obstacle is None and report is not None:
            return self._on().distrusts(precision, report)
        return obstacle

    def _why_plain(self, entry: Weights, report: Report | None) -> str:
        wanted = self._config.precision
        if wanted == "fp32":
            return "MASKR_PRECISION asks for it"
        if wanted != "auto":
            return self._obstacle(wanted, report) or f"{wanted} did not open"
        reasons = []
        for each in _FASTEST_FIRST:
            obstacle = self._doubt(each, report)
            if obstacle is None and report and each in report.measured:
                obstacle = report.measured[each].shortfall
            reasons.append(f"{each} not: {obstacle or 'not measured, or no faster'}")
        return "; ".join(reasons)

    def _open(self, entry: Weights, path: Path, precision: Precision) -> Session:
        config = self._config
        report = optimised.read(entry, config.models_dir)
        if report and precision in report.graphs:
            path = optimised.verify(report, precision, config.models_dir)
        if precision == "fp32":
            return self._portable(entry, path)
        threads = config.threads or available_cores()
        streams = threads if config.streams is None else config.streams
        # Each stream has working memory of its own, some 400 MB for IS-Net.
        if _is_large(entry):
            streams = 1
        return OpenVinoSession(path, precision, threads, streams)

    def _portable(self, entry: Weights, path: Path) -> Session:
        config = self._config
        return OnnxSession(path, config.providers, config.threads, takes_turns=_is_large(entry))


def _without(failed: dict[Precision, str], choice: Choice) -> Choice:
    """Return a choice that says what was to serve instead, and why it does not."""
    if not failed:
        return choice
    why = "; ".join(f"{precision} not: {reason}" for precision, reason in failed.items())
    return Choice(choice.precision, why)


def _is_large(entry: Weights) -> bool:
    return entry.size_bytes > _LARGE_BYTES
