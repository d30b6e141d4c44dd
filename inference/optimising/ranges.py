"""Ranges of a graph in 8-bit integers, where NNCF's own would lose what a picture holds.

NNCF takes the mean of what the pictures reach, for all layers alike. A network's input is known
better than any picture tells: with the mean, lights and shades are cut off before the first layer
sees them. Layers that look at the picture need what bright and dark ones reach in full, or whole
objects are missed that are lit unlike the pictures calibrated on. And of layers that put the answer
together a few bright spots take the range, so that all else shares what is left of 256 levels.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.engines import saliency

LEVELS = 256
OUTLIERS = 1e-3
"""The share of a narrowed layer's values that one picture may have beyond its range."""
_MOST_PICTURES = 0.8
"""Of the pictures, those whose values a layer that is not narrowed must hold in full."""
_SEEN_SIDE = 128
"""Values along each axis that are looked at; millions of them would tell nothing more."""


@dataclass(frozen=True, slots=True)
class Range:
    """What 256 levels are spread over; 0.0 is one of them, as the layers that follow require."""

    low: float
    high: float


def holding(low: float, high: float) -> Range:
    """Return the narrowest range that holds low <= 0 and high >= 0, one of which is not 0."""
    if low >= 0:
        return Range(0.0, high)
    if high <= 0:
        return Range(low, 0.0)
    below = min(max(round(-low / (high - low) * (LEVELS - 1)), 1), LEVELS - 2)
    above = LEVELS - 1 - below
    step = max(-low / below, high / above)
    return Range(-below * step, above * step)


def of_input(recipe: saliency.Recipe) -> Range:
    """Return the range of all that `saliency.to_tensor` can make of a picture."""
    channels = list(zip(recipe.mean, recipe.std, strict=True))
    return holding(
        min((0 - mean) / std for mean, std in channels),
        max((1 - mean) / std for mean, std in channels),
    )


def widen_input(model: Any, recipe: saliency.Recipe) -> None:
    """Let the input of a quantised graph keep everything that a picture can hold."""
    (given,) = model.get_parameters()
    for target in given.output(0).get_target_inputs():
        if target.get_node().get_type_name() == "FakeQuantize":
            _set(target.get_node(), of_input(recipe))


def spread(model: Any, narrowed: str, tensors: Iterable[NDArray[np.float32]]) -> None:
    """Set the ranges of all layers but the input by what the tensors reach in 32 bits.

    Layers whose names match `narrowed` leave `OUTLIERS` out, the highest of the pictures counting.
    """
    layers = [layer for layer in _quantised(model) if not _is_input(layer)]
    is_narrow = [re.search(narrowed, layer.get_friendly_name()) is not None for layer in layers]
    shares = [OUTLIERS if narrow else 0.0 for narrow in is_narrow]
    probe = _probe(model, [layer.get_friendly_name() for layer in layers])
    reached = np.array([_reached(probe, tensor, shares) for tensor in tensors])
    for position, layer in enumerate(layers):
        lows, highs = reached[:, position].T
        if is_narrow[position]:
            low, high = float(lows.min()), float(highs.max())
        else:
            low = float(np.quantile(lows, 1 - _MOST_PICTURES))
            high = float(np.quantile(highs, _MOST_PICTURES))
        if high > 0 or low < 0:
            _set(layer, holding(min(low, 0.0), max(high, 0.0)))


def _quantised(model: Any) -> list[Any]:
    """Return what quantises values that come from the picture, not weights."""
    return [
        layer
        for layer in model.get_ordered_ops()
        if layer.get_type_name() == "FakeQuantize"
        and layer.input_value(0).get_node().get_type_name() != "Constant"
    ]


def _is_input(layer: Any) -> bool:
    return bool(layer.input_value(0).get_node().get_type_name() == "Parameter")


def _probe(model: Any, names: list[str]) -> Any:
    """Compile a copy that computes in 32 bits and answers with what reaches the named layers."""
    import openvino

    copy = model.clone()
    layers = {layer.get_friendly_name(): layer for layer in _quantised(copy)}
    values = {name: layer.input_value(0) for name, layer in layers.items()}
    thinned = [_thinned(openvino, values[name]) for name in names]
    for name, layer in layers.items():
        for target in layer.output(0).get_target_inputs():
            target.replace_source_output(values[name])
    probe = openvino.Model(thinned, copy.get_parameters(), "ranges")
    return openvino.Core().compile_model(probe, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})


def _thinned(openvino: Any, values: Any) -> Any:
    """Take every so many rows and columns of (1, C, H, W)."""
    ends = [values.get_partial_shape()[axis].get_length() for axis in (2, 3)]
    steps = [max(1, end // _SEEN_SIDE) for end in ends]
    bounds = (np.array(each, np.int64) for each in ([0, 0], ends, steps, [2, 3]))
    return openvino.opset13.slice(values, *bounds)


def _reached(
    probe: Any, tensor: NDArray[np.float32], shares: list[float]
) -> list[tuple[float, float]]:
    """Return the lowest and highest value of each layer, but for the share beyond either."""
    answer = probe([tensor])
    return [
        _ends(answer[output], share) for output, share in zip(probe.outputs, shares, strict=True)
    ]


def _ends(values: NDArray[np.float32], share: float) -> tuple[float, float]:
    beyond = round(values.size * share)
    if not beyond:
        return float(values.min()), float(values.max())
    places = (beyond, values.size - 1 - beyond)
    parted = np.partition(values, places, axis=None)
    return float(parted[places[0]]), float(parted[places[1]])


def _set(layer: Any, wanted: Range) -> None:
    import openvino

    # What goes in and what comes out have the same bounds: low, high, low, high.
    for position, value in ((1, wanted.low), (2, wanted.high), (3, wanted.low), (4, wanted.high)):
        shape = layer.input_value(position).get_node().data.shape
        constant = openvino.opset13.constant(np.full(shape, value, np.float32))
        layer.input(position).replace_source_output(constant.output(0))
