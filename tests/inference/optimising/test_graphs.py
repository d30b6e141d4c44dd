"""Graphs slimmed: the same answer from fewer nodes, in 32 bits."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from inference.optimising.graphs import slim, write

HALF, FLOAT = TensorProto.FLOAT16, TensorProto.FLOAT
SHAPE = [1, 2, 4, 4]


@pytest.fixture
def halved(tmp_path):
    """Input and outputs in 32 bits, what lies between in 16, as exporters write it; two outputs."""
    weight = numpy_helper.from_array(np.full((1, 2, 1, 1), 0.5, np.float16), "weight")
    nodes = [
        helper.make_node("Cast", ["input"], ["small"], to=HALF),
        helper.make_node("Mul", ["small", "weight"], ["scaled"]),
        helper.make_node("Cast", ["scaled"], ["output"], to=FLOAT),
        helper.make_node("Exp", ["scaled"], ["grown"]),
        helper.make_node("Cast", ["grown"], ["side"], to=FLOAT),
    ]
    given = helper.make_tensor_value_info("input", FLOAT, SHAPE)
    outputs = [helper.make_tensor_value_info(name, FLOAT, SHAPE) for name in ("output", "side")]
    between = [helper.make_tensor_value_info("scaled", HALF, SHAPE)]
    graph = helper.make_graph(nodes, "halved", [given], outputs, [weight], value_info=between)
    opset = helper.make_opsetid("", 13)
    path = tmp_path / "halved.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=8), str(path))
    return path


def answer(path):
    session = onnxruntime.InferenceSession(path)
    given = np.random.default_rng(0).random(SHAPE, np.float32)
    return session.run(["output"], {"input": given})[0]


def test_the_answer_stays(halved, tmp_path):
    slimmed = write(slim(halved), tmp_path / "slim.onnx")
    assert np.allclose(answer(slimmed), answer(halved), atol=1e-3)


def test_only_the_first_output_is_left(halved):
    assert [item.name for item in slim(halved).graph.output] == ["output"]


def test_what_only_side_outputs_need_is_gone(halved):
    assert "Exp" not in [node.op_type for node in slim(halved).graph.node]


def test_no_value_of_16_bits_is_left(halved):
    assert HALF not in [tensor.data_type for tensor in slim(halved).graph.initializer]


def test_casts_are_gone_but_for_the_one_that_gives_the_output(halved):
    casts = [node for node in slim(halved).graph.node if node.op_type == "Cast"]
    assert [node.output[0] for node in casts] == ["output"]


@pytest.fixture
def cast_often(tmp_path):
    """Casts to 16 bits and back beside each other, and one from whole numbers."""
    nodes = [
        helper.make_node("Cast", ["input"], ["small"], to=HALF),
        helper.make_node("Cast", ["small"], ["large"], to=FLOAT),
        helper.make_node("Relu", ["large"], ["positive"]),
        helper.make_node("Shape", ["input"], ["sizes"]),
        helper.make_node("Cast", ["sizes"], ["floats"], to=FLOAT),
        helper.make_node("ReduceMax", ["floats"], ["most"]),
        helper.make_node("Mul", ["positive", "most"], ["output"]),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes, "casts", [value("input", FLOAT, SHAPE)], [value("output", FLOAT, SHAPE)]
    )
    opset = helper.make_opsetid("", 13)
    path = tmp_path / "casts.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=8), str(path))
    return path


def test_casts_one_after_the_other_are_all_gone(cast_often, tmp_path):
    slimmed = write(slim(cast_often), tmp_path / "slim.onnx")
    assert np.allclose(answer(slimmed), answer(cast_often), atol=1e-2)


def test_a_cast_from_whole_numbers_stays(cast_often):
    casts = [node for node in slim(cast_often).graph.node if node.op_type == "Cast"]
    assert [node.output[0] for node in casts] == ["floats"]
