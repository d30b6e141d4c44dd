"""The seam to ONNX Runtime: opens a session and runs it, with every failure as `EngineFailed`."""

import logging
import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from inference.engines.processor import available_cores
from inference.errors import EngineFailed

logger = logging.getLogger(__name__)

_ERRORS_ONLY = 3
_CPU = "CPUExecutionProvider"
_OPTIONS = {
    # Unasked it would run on the CPU, which `engines.openvino` does better, and never say so.
    "OpenVINOExecutionProvider": {"device_type": "GPU"},
}
_not_loaded: set[str] = set()
"""Providers that this process tried to load and could not."""
_NOT_LOADED = "is built in, and could not be loaded: its libraries or its device are missing"


class OnnxSession:
    """A `Session` of ONNX Runtime. `threads` None means one for each core this process may use.

    With `takes_turns` runs on the CPU are made one after the other: each of several at once keeps
    working memory of its own for good, some 800 MB for IS-Net, and gets no more done with the same
    cores. Another device shares itself out among runs, and its memory is not this machine's.
    """

    def __init__(
        self,
        path: Path,
        providers: Sequence[str] = (_CPU,),
        threads: int | None = None,
        *,
        takes_turns: bool = False,
    ) -> None:
        self._name = path.name
        onnxruntime = _runtime()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or available_cores()
        # Threads that wait busily take cores from the runs and the other work beside them.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # The plan it makes of the memory is not good: a run of IS-Net takes 870 MB without it, 1700
        # with it, and as long.
        options.enable_mem_pattern = False
        # Exported graphs carry unused initialisers, and a warning for each would fill the log.
        options.log_severity_level = _ERRORS_ONLY
        usable = usable_providers(providers)
        try:
            self._session = onnxruntime.InferenceSession(
                path, options, providers=[(name, _OPTIONS.get(name, {})) for name in usable]
            )
        # The runtime's errors have no common class below Exception.
        except Exception as error:
            raise EngineFailed(f"{path.name} could not be loaded.") from error
        loaded = self._session.get_providers()
        _tell_what_was_not_loaded(usable, loaded)
        self._turn: AbstractContextManager[object] = (
            threading.Lock() if takes_turns and loaded[0] == _CPU else nullcontext()
        )
        self.runtime = f"ONNX Runtime {loaded[0]} fp32"
        self.input_names = tuple(item.name for item in self._session.get_inputs())
        self.output_names = tuple(item.name for item in self._session.get_outputs())

    def run(self, outputs: Sequence[str], feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        try:
            with self._turn:
                return list(self._session.run(outputs, feeds))
        except Exception as error:
            raise EngineFailed(f"{self._name} failed while running.") from error


def usable_providers(wanted: Sequence[str]) -> list[str]:
    """Drop providers this build of the runtime lacks, and always end with the CPU."""
    available = _runtime().get_available_providers()
    usable = [name for name in wanted if name in available]
    return list(dict.fromkeys([*usable, _CPU]))


def passed_over(wanted: Sequence[str]) -> list[str]:
    """Say of each provider that does not serve why it does not, as far as it is known yet.

    Where the CPU alone is wanted, as nearly everywhere, the runtime is not imported for it.
    """
    if set(wanted) <= {_CPU}:
        return []
    runtime = _runtime()
    available, known = runtime.get_available_providers(), runtime.get_all_providers()
    instead = ", ".join(name for name in usable_providers(wanted) if name not in _not_loaded)
    sentences = []
    for name in dict.fromkeys(wanted):
        if name not in known:
            sentences.append(f"{name} of ORT_PROVIDERS does not exist; {instead} serves.")
        elif name not in available:
            what = "is not built into the ONNX Runtime here"
            sentences.append(f"{name} of ORT_PROVIDERS {what}; {instead} serves.")
        elif name in _not_loaded:
            sentences.append(f"{name} of ORT_PROVIDERS {_NOT_LOADED}; {instead} serves.")
    return sentences


def _tell_what_was_not_loaded(asked: Sequence[str], loaded: Sequence[str]) -> None:
    """Log, once in a process, what the runtime itself replaces without an error."""
    new = [name for name in asked if name not in {*loaded, *_not_loaded}]
    _not_loaded.update(new)
    for name in new:
        logger.error("%s of ORT_PROVIDERS %s; %s serves.", name, _NOT_LOADED, ", ".join(loaded))


def _runtime() -> Any:
    """The runtime, imported where it is used: it starts threads, and they do not survive a fork.

    A server that had imported it before forking its workers would abort when they exit.
    """
    import onnxruntime

    return onnxruntime
