"""A network run by OpenVINO: the same contract as ONNX Runtime's, over a small graph."""

import importlib.util
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from inference.engines.onnx import OnnxSession
from inference.engines.openvino import OpenVinoSession, let_rest_be_bf16
from inference.errors import EngineFailed
from tests.graphs import write_graph_that_fails, write_saliency_graph

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("openvino") is None, reason="OpenVINO is made for x86-64 only"
)
SIDE = 16
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def graph(tmp_path):
    return write_saliency_graph(tmp_path / "graph.onnx", SIDE)


def run(session, tensor):
    (answer,) = session.run(session.output_names, {session.input_names[0]: tensor})
    return answer


def tensor(seed=0):
    return np.random.default_rng(seed).random((1, 3, SIDE, SIDE), np.float32)


def test_names_are_those_of_the_graph(graph):
    ours, other = OpenVinoSession(graph), OnnxSession(graph)
    assert (ours.input_names, ours.output_names) == (other.input_names, other.output_names)


def test_the_answer_is_that_of_onnx_runtime(graph):
    given = tensor()
    assert np.allclose(
        run(OpenVinoSession(graph), given), run(OnnxSession(graph), given), atol=1e-6
    )


def test_an_answer_outlives_the_next_run(graph):
    session = OpenVinoSession(graph)
    first = run(session, tensor(1))
    kept = first.copy()
    run(session, tensor(2))
    assert np.array_equal(first, kept)


def test_many_threads_each_get_their_own_answer(graph):
    session = OpenVinoSession(graph, streams=2)
    given = [tensor(seed) for seed in range(40)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda each: run(session, each), given))
    assert all(
        np.allclose(answer, each.mean(axis=1, keepdims=True), atol=1e-5)
        for answer, each in zip(answers, given, strict=True)
    )


#: Eight first runs at once in a process of its own, where whatever imports anything lets others in.
_FIRST_RUNS = """
import builtins, sys, threading, time
from pathlib import Path
import numpy as np
from inference.engines.openvino import OpenVinoSession, let_rest_be_bf16

session = OpenVinoSession(Path(sys.argv[1]), streams=2)
feeds = {session.input_names[0]: np.zeros((1, 3, 16, 16), np.float32)}
importing, start = builtins.__import__, threading.Barrier(8)

def slow(*arguments, **options):
    time.sleep(0.01)
    return importing(*arguments, **options)

def run():
    start.wait()
    session.run(session.output_names, feeds)

builtins.__import__ = slow
threads = [threading.Thread(target=run) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_the_first_runs_of_a_process_may_come_at_once(tmp_path):
    # Of any size: one whose size is known is run when it is loaded.
    graph = write_saliency_graph(tmp_path / "any.onnx", "side")
    command = [sys.executable, "-c", _FIRST_RUNS, str(graph)]
    assert subprocess.run(command, timeout=30, check=False, cwd=ROOT).returncode == 0


def test_a_file_that_is_no_graph_is_an_engine_failure(tmp_path):
    (tmp_path / "bad.onnx").write_bytes(b"not a graph")
    with pytest.raises(EngineFailed, match=r"bad\.onnx could not be loaded"):
        OpenVinoSession(tmp_path / "bad.onnx")


def test_a_graph_that_fails_when_it_is_run_is_an_engine_failure(tmp_path):
    with pytest.raises(EngineFailed, match=r"bad\.onnx failed while running"):
        OpenVinoSession(write_graph_that_fails(tmp_path / "bad.onnx"), threads=2)


def test_a_runtime_that_is_broken_is_an_engine_failure(graph, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(EngineFailed, match="could not be loaded"):
        OpenVinoSession(graph)


def test_a_tensor_of_the_wrong_shape_is_an_engine_failure(graph):
    session = OpenVinoSession(graph)
    with pytest.raises(EngineFailed, match="failed while running"):
        run(session, np.zeros((1, 3, 5, 5), np.float32))


def test_an_output_that_was_cut_off_is_an_engine_failure(graph):
    session = OpenVinoSession(graph)
    with pytest.raises(EngineFailed, match="gives only"):
        session.run(["other"], {session.input_names[0]: tensor()})


def test_it_tells_what_runs(graph):
    assert OpenVinoSession(graph, "bf16").runtime == "OpenVINO bf16"


def hint_of(graph: Path) -> str:
    compiled = OpenVinoSession(graph, "int8")._wide._compiled
    return compiled.get_property("INFERENCE_PRECISION_HINT").to_string()


def test_a_graph_in_int8_keeps_its_floats_in_32_bits(graph):
    assert hint_of(graph) == "f32"


def test_a_graph_in_int8_may_say_that_bfloat16_is_enough_for_its_floats(graph, tmp_path):
    import openvino

    core = openvino.Core()
    model = core.read_model(graph)
    let_rest_be_bf16(model)
    openvino.save_model(model, marked := tmp_path / "marked.xml", compress_to_fp16=False)
    has_it = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    assert hint_of(marked) == ("bf16" if has_it else "f32")
