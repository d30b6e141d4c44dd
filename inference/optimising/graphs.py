"""ONNX graphs without what serving has no use for: side outputs, and casts to 16 bits and back."""

from pathlib import Path

import numpy as np
import onnx
from onnx import AttributeProto, ModelProto, NodeProto, TensorProto, numpy_helper
from onnx.utils import Extractor

_HALF, _FLOAT = TensorProto.FLOAT16, TensorProto.FLOAT


def slim(path: Path) -> ModelProto:
    """Return the network with its first output only, stored and computed in 32 bits throughout.

    IS-Net is exported in 16 bits, which no x86 processor computes with: ONNX Runtime would put a
    cast around each of its layers.
    """
    return to_float32(first_output_only(onnx.load(str(path))))


def write(model: ModelProto, path: Path) -> Path:
    """Save a model; returns the path."""
    onnx.save(model, str(path))
    return path


def first_output_only(model: ModelProto) -> ModelProto:
    """Return the model without what only the other outputs need; they serve training."""
    names = [item.name for item in model.graph.input]
    kept: ModelProto = Extractor(model).extract_model(names, [model.graph.output[0].name])
    return kept


def to_float32(model: ModelProto) -> ModelProto:
    """Return the model with every 16-bit value widened; one without any comes back as it was."""
    widened = ModelProto()
    widened.CopyFrom(model)
    graph = widened.graph
    for tensor in graph.initializer:
        _widen(tensor)
    for node in graph.node:
        _widen_attributes(node)
    for item in [*graph.input, *graph.output]:
        if item.type.tensor_type.elem_type == _HALF:
            item.type.tensor_type.elem_type = _FLOAT
    # Shapes and types of what lies between are inferred again by whoever loads it.
    del graph.value_info[:]
    _bypass_casts(widened)
    return widened


def _widen(tensor: TensorProto) -> None:
    if tensor.data_type == _HALF:
        values = numpy_helper.to_array(tensor).astype(np.float32)
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))


def _widen_attributes(node: NodeProto) -> None:
    for attribute in node.attribute:
        if attribute.type == AttributeProto.TENSOR:
            _widen(attribute.t)
        if node.op_type == "Cast" and attribute.name == "to" and attribute.i == _HALF:
            attribute.i = _FLOAT


def _bypass_casts(model: ModelProto) -> None:
    """Take out the casts between 32 bits and 32 bits that widening has left."""
    graph = model.graph
    typed = onnx.shape_inference.infer_shapes(model).graph
    described = [*typed.value_info, *typed.input, *typed.output]
    types = {item.name: item.type.tensor_type.elem_type for item in described}
    types |= {tensor.name: tensor.data_type for tensor in graph.initializer}
    outputs = {item.name for item in graph.output}
    idle = [
        node
        for node in graph.node
        if node.op_type == "Cast"
        and types.get(node.input[0]) == _cast_to(node) == _FLOAT
        and node.output[0] not in outputs
    ]
    source = {node.output[0]: node.input[0] for node in idle}
    for node in idle:
        graph.node.remove(node)
    for node in graph.node:
        node.input[:] = [_followed(name, source) for name in node.input]


def _followed(name: str, source: dict[str, str]) -> str:
    while name in source:
        name = source[name]
    return name


def _cast_to(node: NodeProto) -> int:
    return int(next(attribute.i for attribute in node.attribute if attribute.name == "to"))
