"""The seam to ONNX Runtime."""

import numpy as np
import pytest

from inference.engines.onnx import OnnxSession, passed_over, usable_providers
from inference.engines.processor import available_cores
from inference.errors import EngineFailed
from tests.graphs import write_saliency_graph


def test_names_inputs_and_outputs(tmp_path):
    session = OnnxSession(write_saliency_graph(tmp_path / "graph.onnx", 8))
    assert (session.input_names, session.output_names) == (("input.1",), ("1959",))


def test_runs_a_graph(tmp_path):
    session = OnnxSession(write_saliency_graph(tmp_path / "graph.onnx", 2), threads=1)
    (answer,) = session.run(["1959"], {"input.1": np.full((1, 3, 2, 2), 6, np.float32)})
    assert answer.tolist() == [[[[6, 6], [6, 6]]]]


def test_a_file_that_is_no_graph_cannot_be_loaded(tmp_path):
    (tmp_path / "graph.onnx").write_bytes(b"not a graph")
    with pytest.raises(EngineFailed, match="graph.onnx could not be loaded"):
        OnnxSession(tmp_path / "graph.onnx")


def test_a_wrong_input_is_a_failure_of_the_engine(tmp_path):
    session = OnnxSession(write_saliency_graph(tmp_path / "graph.onnx", 2))
    with pytest.raises(EngineFailed, match="failed while running"):
        session.run(["1959"], {"input.1": np.zeros((1, 3, 5, 5), np.float32)})


def test_a_provider_that_is_not_there_is_passed_over():
    wanted = ("NoSuchExecutionProvider", "CPUExecutionProvider")
    assert usable_providers(wanted) == ["CPUExecutionProvider"]


def test_says_that_a_provider_does_not_exist():
    assert passed_over(["CudaExecutionProvider", "CPUExecutionProvider"]) == [
        "CudaExecutionProvider of ORT_PROVIDERS does not exist; CPUExecutionProvider serves."
    ]


def test_says_that_a_provider_is_not_built_in():
    assert passed_over(["RknpuExecutionProvider"]) == [
        "RknpuExecutionProvider of ORT_PROVIDERS is not built into the ONNX Runtime here; "
        "CPUExecutionProvider serves."
    ]


def test_has_nothing_to_say_of_the_processor():
    assert passed_over(["CPUExecutionProvider"]) == []


def test_always_falls_back_to_the_processor():
    assert usable_providers(()) == ["CPUExecutionProvider"]


def test_counts_at_least_one_core():
    assert available_cores() >= 1
