"""The seam to OpenVINO: networks in bfloat16 or int8 on processors that compute with those."""

import queue
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.arrays import Precision
from inference.errors import EngineFailed

_HINTS = {"fp32": "f32", "bf16": "bf16", "int8": "f32"}
"""int8 is in the graph itself; what was left in floats there was left so for a reason."""
_REST = ["maskr", "rest"]
"""Where a graph in int8 itself says what is enough for its floats."""

_first_use = threading.Lock()


class OpenVinoSession:
    """A `Session` of OpenVINO that computes the first output of a graph only.

    A run that finds the network idle gets `threads` cores. Those that come while it is busy share
    `streams` places of one core each: together they get more done than one after the other on all
    cores, and a lone caller still waits as short as can be. With one stream there are no such
    places. Raises EngineFailed if the graph cannot be loaded, or run: something else can then serve.
    """

    def __init__(
        self, path: Path, precision: Precision = "fp32", threads: int = 1, streams: int = 1
    ) -> None:
        self.runtime = f"OpenVINO {precision}"
        self._name = path.name
        try:
            openvino = _imported()
            core = openvino.Core()
            model = core.read_model(path)
            self.input_names = tuple(item.any_name for item in model.inputs)
            self.output_names = (model.outputs[0].any_name,)
            alone = openvino.Model([model.output(0)], model.get_parameters(), model.friendly_name)
            hint = _hint(core, model, precision)
            self._wide = _Requests(core.compile_model(alone, "CPU", _options(hint, threads)))
            self._narrow = self._wide
            if streams > 1:
                options = _options(hint, 1, streams)
                self._narrow = _Requests(core.compile_model(alone, "CPU", options))
        # The runtime's errors have no common class below Exception; one may be that it is broken.
        except Exception as error:
            raise EngineFailed(f"{path.name} could not be loaded.") from error
        self._is_busy = threading.Lock()
        if all(item.partial_shape.is_static for item in alone.inputs):
            self.run(self.output_names, {item.any_name: _blank(item) for item in alone.inputs})

    def run(self, outputs: Sequence[str], feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        if tuple(outputs) != self.output_names:
            raise EngineFailed(f"{self._name} gives only {self.output_names[0]}.")
        is_alone = self._is_busy.acquire(blocking=False)
        try:
            return (self._wide if is_alone else self._narrow).run(feeds)
        except Exception as error:
            raise EngineFailed(f"{self._name} failed while running.") from error
        finally:
            if is_alone:
                self._is_busy.release()


class _Requests:
    """A compiled network and as many requests to it as there are threads that run at once."""

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled
        self._idle: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        try:
            request = self._idle.get_nowait()
        except queue.Empty:
            request = self._compiled.create_infer_request()
        try:
            answer = request.infer(dict(feeds), share_inputs=True)
            # A copy: the next run writes where this one did.
            return [np.array(answer[0])]
        finally:
            self._idle.put(request)


def _imported() -> Any:
    """The package, with its tables of types filled by one thread.

    Each is filled at its first use, which lets other threads in; one that comes for the same table
    then waits for the first while holding the lock that the first needs back. Both would stand still,
    and with them every thread of the process.
    """
    with _first_use:
        # Imported here: it starts threads, and they do not survive the fork of a server.
        import openvino

        for name in ("f32", "u8", "i64"):
            dtype = getattr(openvino.Type, name).to_dtype()
            openvino.Tensor(np.zeros(1, dtype)).data.sum()
        return openvino


def _blank(given: Any) -> NDArray[Any]:
    return np.zeros(tuple(given.shape), given.element_type.to_dtype())


def let_rest_be_bf16(model: Any) -> None:
    """Note in a graph in int8 that bfloat16 is enough for what it leaves in floats."""
    model.set_rt_info("bf16", _REST)


def _hint(core: Any, model: Any, precision: Precision) -> str:
    wants_bf16 = model.has_rt_info(_REST) and model.get_rt_info(_REST).astype(str) == "bf16"
    # A processor that lacks it would have every value converted there and back.
    if wants_bf16 and "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        return _HINTS["bf16"]
    return _HINTS[precision]


def _options(hint: str, threads: int, streams: int = 1) -> dict[str, str]:
    return {
        "INFERENCE_PRECISION_HINT": hint,
        "NUM_STREAMS": str(streams),
        "INFERENCE_NUM_THREADS": str(threads * streams),
        # Several worker processes on one machine would all be pinned to its first cores.
        "ENABLE_CPU_PINNING": "NO",
    }
