"""Graphs with Segment Anything's inputs and outputs that make mistakes with coordinates visible.

The encoder's embedding is the mean colour of the picture it saw. The decoder paints what it was
told: a disc around each foreground point, the rectangle of a box, and in the candidates for a
single click something else each.
"""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from inference.weights import CATALOGUE, Catalogue
from tests.graphs import describe

RADIUS = 40.0
"""Of the disc around a point, in pixels of the frame whose longest side is 1024."""

_FLOAT = TensorProto.FLOAT
_OPSETS = [helper.make_opsetid("", 13)]


def install(models_dir: Path, candidates: int = 4) -> Catalogue:
    """Install both graphs; returns a catalogue in which they are MobileSAM."""
    rows = dict(CATALOGUE)
    for name, model in (
        ("mobilesam-encoder", encoder()),
        ("mobilesam-decoder", decoder(candidates)),
    ):
        path = models_dir / CATALOGUE[name].file_name
        models_dir.mkdir(parents=True, exist_ok=True)
        onnx.save(model, str(path))
        rows[name] = describe(path, CATALOGUE[name])
    return rows


def encoder() -> onnx.ModelProto:
    """(H, W, 3) -> (1, 256, 64, 64), every value the mean of the picture."""
    nodes = [
        helper.make_node("ReduceMean", ["input_image"], ["mean"], keepdims=0),
        helper.make_node("Expand", ["mean", "shape"], ["image_embeddings"]),
    ]
    graph = helper.make_graph(
        nodes,
        "encoder",
        [helper.make_tensor_value_info("input_image", _FLOAT, ["height", "width", 3])],
        [helper.make_tensor_value_info("image_embeddings", _FLOAT, [1, 256, 64, 64])],
        [numpy_helper.from_array(np.array([1, 256, 64, 64]), "shape")],
    )
    return helper.make_model(graph, opset_imports=_OPSETS, ir_version=8)


def decoder(candidates: int = 4) -> onnx.ModelProto:
    """Paint logits +-10: RADIUS around foreground points but not around background ones, or a box.

    With four candidates, the third is the one predicted best, and the only other one that is
    right: the first is right too, the second and the fourth select nothing.
    """
    graph = helper.make_graph(
        [*_grid(), *_discs(), *_rectangle(), *_outcome(candidates)],
        "decoder",
        [
            helper.make_tensor_value_info("image_embeddings", _FLOAT, [1, 256, 64, 64]),
            helper.make_tensor_value_info("point_coords", _FLOAT, [1, "points", 2]),
            helper.make_tensor_value_info("point_labels", _FLOAT, [1, "points"]),
            helper.make_tensor_value_info("mask_input", _FLOAT, [1, 1, 256, 256]),
            helper.make_tensor_value_info("has_mask_input", _FLOAT, [1]),
            helper.make_tensor_value_info("orig_im_size", _FLOAT, [2]),
        ],
        [
            helper.make_tensor_value_info("masks", _FLOAT, [1, candidates, "height", "width"]),
            helper.make_tensor_value_info("iou_predictions", _FLOAT, [1, candidates]),
        ],
        _constants(candidates),
    )
    return helper.make_model(graph, opset_imports=_OPSETS, ir_version=8)


def _node(kind: str, inputs: str, output: str, **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(kind, inputs.split(), [output], **attributes)


def _grid() -> list[onnx.NodeProto]:
    """x (1, w) and y (h, 1) of every pixel asked for, and x, y, label (n, 1, 1) of every point."""
    return [
        _node("Gather", "orig_im_size zero", "height", axis=0),
        _node("Gather", "orig_im_size one", "width", axis=0),
        _node("Range", "f_zero height f_one", "rows"),
        _node("Range", "f_zero width f_one", "columns"),
        _node("Unsqueeze", "rows axis_1", "y"),
        _node("Unsqueeze", "columns axis_0", "x"),
        _node("Gather", "point_coords zero", "px_", axis=2),
        _node("Gather", "point_coords one", "py_", axis=2),
        _node("Reshape", "px_ to_points", "px"),
        _node("Reshape", "py_ to_points", "py"),
        _node("Reshape", "point_labels to_points", "label"),
    ]


def _discs() -> list[onnx.NodeProto]:
    return [
        _node("Sub", "x px", "dx"),
        _node("Sub", "y py", "dy"),
        _node("Mul", "dx dx", "dx2"),
        _node("Mul", "dy dy", "dy2"),
        _node("Add", "dx2 dy2", "d2"),
        _node("Less", "d2 radius2", "near"),
        _node("Equal", "label f_one", "is_fg"),
        _node("Equal", "label f_zero", "is_bg"),
        *_any("near", "is_fg", "wanted"),
        *_any("near", "is_bg", "unwanted"),
    ]


def _rectangle() -> list[onnx.NodeProto]:
    """What lies right of and below a point of label 2 and left of and above one of label 3."""
    return [
        _node("Equal", "label f_two", "is_first"),
        _node("Equal", "label f_three", "is_last"),
        _node("Greater", "dx f_minus", "right_of"),
        _node("Greater", "dy f_minus", "below"),
        _node("Less", "dx f_zero", "left_of"),
        _node("Less", "dy f_zero", "above"),
        _node("And", "right_of below", "after"),
        _node("And", "left_of above", "before"),
        *_any("after", "is_first", "after_first"),
        *_any("before", "is_last", "before_last"),
        _node("And", "after_first before_last", "in_box"),
    ]


def _any(where: str, which: str, output: str) -> list[onnx.NodeProto]:
    """`where` (n, h, w) for at least one of the points that are `which` (n, 1, 1)."""
    return [
        _node("And", f"{where} {which}", f"{output}_b"),
        _node("Cast", f"{output}_b", f"{output}_f", to=_FLOAT),
        _node("ReduceMax", f"{output}_f", f"{output}_m", axes=[0], keepdims=0),
        _node("Greater", f"{output}_m f_half", output),
    ]


def _outcome(candidates: int) -> list[onnx.NodeProto]:
    return [
        _node("Or", "wanted in_box", "selected"),
        _node("Not", "unwanted", "allowed"),
        _node("And", "selected allowed", "inside"),
        _node("Cast", "inside", "inside_f", to=_FLOAT),
        _node("Mul", "inside_f f_twenty", "raised"),
        _node("Sub", "raised f_ten", "logits"),
        _node("Sub", "logits f_twenty", "nothing"),
        _node("Unsqueeze", "logits axes_01", "right"),
        _node("Unsqueeze", "nothing axes_01", "wrong"),
        _node("Concat", "right wrong right wrong" if candidates > 1 else "right", "masks", axis=1),
        _node("Identity", "scores", "iou_predictions"),
    ]


def _constants(candidates: int) -> list[onnx.TensorProto]:
    scores = [[0.95, 0.2, 0.9, 0.1]] if candidates > 1 else [[0.9]]
    numbers = {"zero": 0, "one": 1, "two": 2, "three": 3, "half": 0.5, "ten": 10, "twenty": 20}
    values = {
        "zero": np.array(0),
        "one": np.array(1),
        "axis_0": np.array([0]),
        "axis_1": np.array([1]),
        "axes_01": np.array([0, 1]),
        "to_points": np.array([-1, 1, 1]),
        "radius2": np.array(RADIUS**2, np.float32),
        "f_minus": np.array(-0.5, np.float32),
        "scores": np.array(scores, np.float32),
    }
    values |= {f"f_{name}": np.array(number, np.float32) for name, number in numbers.items()}
    return [numpy_helper.from_array(value, name) for name, value in values.items()]
