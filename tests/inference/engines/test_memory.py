"""What runs of a large network at the same time take of the memory: no more than one does."""

import subprocess
import sys
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

_SIDE, _CHANNELS = 512, 64
#: Prints how many pages more the process holds after the runs of so many threads.
_RUNS = f"""
import sys, threading
from pathlib import Path
import numpy as np
from inference.engines.onnx import OnnxSession

session = OnnxSession(Path(sys.argv[1]), takes_turns=True)
count, given = int(sys.argv[2]), np.zeros((1, 3, {_SIDE}, {_SIDE}), np.float32)
together = threading.Barrier(count)

def run():
    together.wait()
    for _ in range(3):
        session.run(session.output_names, {{session.input_names[0]: given}})

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1])

before = resident()
threads = [threading.Thread(target=run) for _ in range(count)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(resident() - before)
"""


@pytest.fixture
def wide_graph(tmp_path: Path) -> Path:
    """One whose few weights make answers of 64 MiB on the way."""
    shape = [1, 3, _SIDE, _SIDE]
    weights = helper.make_tensor(
        "weights", TensorProto.FLOAT, [_CHANNELS, 3, 1, 1], [0.1] * (_CHANNELS * 3)
    )
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["given", "weights"], ["wide"]),
            helper.make_node("Sigmoid", ["wide"], ["soft"]),
            helper.make_node("ReduceMean", ["soft"], ["answer"], axes=[1], keepdims=1),
        ],
        "wide",
        [helper.make_tensor_value_info("given", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("answer", TensorProto.FLOAT, [1, 1, _SIDE, _SIDE])],
        [weights],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, str(tmp_path / "wide.onnx"))
    return tmp_path / "wide.onnx"


def _taken(graph: Path, threads: int) -> float:
    command = [sys.executable, "-c", _RUNS, str(graph), str(threads)]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def test_runs_that_take_turns_share_their_working_memory(wide_graph):
    assert _taken(wide_graph, threads=4) < 1.5 * _taken(wide_graph, threads=1)
