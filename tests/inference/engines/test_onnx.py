"""The seam to ONNX Runtime."""

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from unittest import TestCase

import numpy as np
import onnxruntime
import pytest

from inference.engines import onnx
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


class WithoutDevices:
    """The runtime as it is where it was built for devices that are not there: it takes the next one.

    So do onnxruntime-gpu 1.31.1 and onnxruntime-openvino 1.24.1, of which only one can be installed.
    """

    def get_available_providers(self):
        built_in = ["CUDAExecutionProvider", "OpenVINOExecutionProvider"]
        return [*built_in, *onnxruntime.get_available_providers()]

    def InferenceSession(self, path, options, providers):  # noqa: N802
        runs_anywhere = ("OpenVINOExecutionProvider", {}) in providers
        session = onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])
        if runs_anywhere:
            session.get_providers = lambda: ["OpenVINOExecutionProvider", "CPUExecutionProvider"]
        return session

    def __getattr__(self, name):
        return getattr(onnxruntime, name)


@pytest.fixture
def without_devices(monkeypatch):
    monkeypatch.setattr(onnx, "_runtime", WithoutDevices)
    monkeypatch.setattr(onnx, "_not_loaded", set())


CUDA = ("CUDAExecutionProvider", "CPUExecutionProvider")
NOT_LOADED = (
    "CUDAExecutionProvider of ORT_PROVIDERS is built in, and could not be loaded: its libraries or "
    "its device are missing; CPUExecutionProvider serves."
)


def test_the_log_names_a_provider_that_could_not_be_loaded_once(tmp_path, without_devices):
    path = write_saliency_graph(tmp_path / "graph.onnx", 8)
    with TestCase().assertLogs("inference.engines.onnx", "ERROR") as log:
        OnnxSession(path, CUDA), OnnxSession(path, CUDA)
    assert [record.getMessage() for record in log.records] == [NOT_LOADED]


def test_says_that_a_provider_could_not_be_loaded(tmp_path, without_devices):
    OnnxSession(write_saliency_graph(tmp_path / "graph.onnx", 8), CUDA)
    assert passed_over(CUDA) == [NOT_LOADED]


def test_openvino_is_not_said_to_serve_where_it_has_no_gpu(tmp_path, without_devices):
    wanted = ("OpenVINOExecutionProvider",)
    OnnxSession(write_saliency_graph(tmp_path / "graph.onnx", 8), wanted)
    (sentence,) = passed_over(wanted)
    assert "OpenVINOExecutionProvider of ORT_PROVIDERS is built in, and could not" in sentence


def test_says_nothing_of_a_provider_that_nobody_tried_to_load(without_devices):
    assert passed_over(CUDA) == []


def test_runs_take_turns_where_the_processor_stands_in(tmp_path, without_devices, monkeypatch):
    path = write_saliency_graph(tmp_path / "graph.onnx", 8)
    session = OnnxSession(path, CUDA, takes_turns=True)
    both = threading.Barrier(2)
    # Both would get through it only if they ran at once.
    monkeypatch.setattr(session, "_session", SimpleNamespace(run=lambda *_: [both.wait(0.5)]))
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(session.run, ["1959"], {}) for _ in range(2)]
    assert all(isinstance(run.exception(), EngineFailed) for run in runs)


def test_has_nothing_to_say_of_the_processor():
    assert passed_over(["CPUExecutionProvider"]) == []


def test_always_falls_back_to_the_processor():
    assert usable_providers(()) == ["CPUExecutionProvider"]


def test_counts_at_least_one_core():
    assert available_cores() >= 1
