"""Small ONNX graphs with the inputs and outputs of the inpainting networks.

The hole gets half the mean colour of what is known and half of `TINT`, which is different in each
channel. So a wrong range of values, a swapped channel or a mask the wrong way round gives another
colour. Like the networks they do not keep their word: pixels outside the hole change too.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

TINT = (30, 120, 210)


def tinted(colour):
    """The colour either graph fills a hole with, whose surroundings are all of one colour."""
    return (np.asarray(colour, float) + TINT) / 2


def write_migan_graph(path: Path) -> Path:
    """image u8 (1, 3, H, W), mask u8 (1, 1, H, W) 255 known -> result u8."""
    nodes = [
        helper.make_node("Cast", ["image"], ["colours"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["mask"], ["mask_f"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["mask_f", "white"], ["known"]),
        *_fill("colours", "known", "half_tint"),
        helper.make_node("Add", ["mixed", "offset"], ["shifted"]),
        helper.make_node("Clip", ["shifted", "zero", "white"], ["clipped"]),
        helper.make_node("Cast", ["clipped"], ["result"], to=TensorProto.UINT8),
    ]
    picture, mask = ["batch", 3, "height", "width"], ["batch", 1, "height", "width"]
    return _save(
        path,
        nodes,
        inputs=[("image", TensorProto.UINT8, picture), ("mask", TensorProto.UINT8, mask)],
        output=("result", TensorProto.UINT8, picture),
        constants={"half_tint": _column(TINT) / 2, "offset": np.float32(0.5)},
    )


def write_lama_graph(path: Path) -> Path:
    """image f32 (1, 3, 512, 512) 0..1, mask f32 0 or 1, 1 hole -> output f32 0..255.

    A mask that is neither 0 nor 1 spoils the answer.
    """
    nodes = [
        helper.make_node("Sub", ["one", "mask"], ["known"]),
        *_fill("image", "known", "half_tint"),
        helper.make_node("Mul", ["known", "mask"], ["between"]),
        helper.make_node("Add", ["mixed", "between"], ["spoilt"]),
        helper.make_node("Mul", ["spoilt", "white"], ["scaled"]),
        helper.make_node("Clip", ["scaled", "zero", "white"], ["output"]),
    ]
    picture, mask = ["batch", 3, 512, 512], ["batch", 1, 512, 512]
    return _save(
        path,
        nodes,
        inputs=[("image", TensorProto.FLOAT, picture), ("mask", TensorProto.FLOAT, mask)],
        output=("output", TensorProto.FLOAT, picture),
        constants={"half_tint": _column(TINT) / (2 * 255)},
    )


def _fill(image, known, half_tint):
    """known * image + (1 - known) * (mean of the known / 2 + half the tint) -> "mixed"."""
    return [
        helper.make_node("Mul", [image, known], ["seen"]),
        helper.make_node("ReduceMean", ["seen"], ["seen_mean"], axes=[2, 3]),
        helper.make_node("ReduceMean", [known], ["known_mean"], axes=[2, 3]),
        helper.make_node("Max", ["known_mean", "tiny"], ["known_share"]),
        helper.make_node("Div", ["seen_mean", "known_share"], ["mean"]),
        helper.make_node("Mul", ["mean", "half"], ["half_mean"]),
        helper.make_node("Add", ["half_mean", half_tint], ["paint"]),
        helper.make_node("Sub", ["one", known], ["unknown"]),
        helper.make_node("Mul", ["unknown", "paint"], ["painted"]),
        helper.make_node("Mul", ["seen", "dim"], ["dimmed"]),
        helper.make_node("Add", ["dimmed", "painted"], ["mixed"]),
    ]


def _column(colour):
    return np.array(colour, np.float32).reshape(1, 3, 1, 1)


def _save(path, nodes, inputs, output, constants):
    numbers = {"one": 1, "half": 0.5, "zero": 0, "white": 255, "dim": 0.98, "tiny": 1e-6}
    constants = constants | {name: np.float32(value) for name, value in numbers.items()}
    graph = helper.make_graph(
        nodes,
        "inpainting",
        [helper.make_tensor_value_info(*each) for each in inputs],
        [helper.make_tensor_value_info(*output)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    # Old enough for every ONNX Runtime that is supported.
    opset = helper.make_opsetid("", 13)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(path))
    return path
