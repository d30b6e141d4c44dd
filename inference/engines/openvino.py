"""The seam to OpenVINO: networks in bfloat16 or int8 on processors that compute with those."""

import queue
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.arrays import Precision
from inference.errors import EngineFailed

_HINTS = {"fp32": "f32", "bf16": "bf16", "int8": "f32"}
"""int8 is in the graph itself; what was left in floats there was left so for a reason."""


class OpenVinoSession:
    """A `Session` of OpenVINO that computes the first output of a graph only.

    `threads` are the cores of one run; `streams` runs go on at once, and share the cores. Raises
    EngineFailed if the graph cannot be loaded.
    """

    def __init__(
        self, path: Path, precision: Precision = "fp32", threads: int = 1, streams: int = 1
    ) -> None:
        self.runtime = f"OpenVINO {precision}"
        self._name = path.name
        options = {
            "INFERENCE_PRECISION_HINT": _HINTS[precision],
            "NUM_STREAMS": str(streams),
            "INFERENCE_NUM_THREADS": str(threads * streams),
            # Several worker processes on one machine would all be pinned to its first cores.
            "ENABLE_CPU_PINNING": "NO",
        }
        # Imported here: it starts threads, and they do not survive the fork of a server.
        import openvino

        try:
            core = openvino.Core()
            model = core.read_model(path)
            self.input_names = tuple(item.any_name for item in model.inputs)
            self.output_names = (model.outputs[0].any_name,)
            alone = openvino.Model([model.output(0)], model.get_parameters(), model.friendly_name)
            self._compiled = core.compile_model(alone, "CPU", options)
        # The runtime's errors have no common class below Exception.
        except Exception as error:
            raise EngineFailed(f"{path.name} could not be loaded.") from error
        self._idle: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def run(self, outputs: Sequence[str], feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        if tuple(outputs) != self.output_names:
            raise EngineFailed(f"{self._name} gives only {self.output_names[0]}.")
        request = self._request()
        try:
            answer = request.infer(dict(feeds), share_inputs=True)
            # A copy: the next run writes where this one did.
            return [np.array(answer[0])]
        except Exception as error:
            raise EngineFailed(f"{self._name} failed while running.") from error
        finally:
            self._idle.put(request)

    def _request(self) -> Any:
        """Return a request no other thread uses; there come to be as many as threads."""
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return self._compiled.create_infer_request()
