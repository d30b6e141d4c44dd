"""Small ONNX graphs that stand in for the networks, so that tests run the whole path without weights."""

import dataclasses
import hashlib
from pathlib import Path

import onnx
from onnx import TensorProto, helper

from inference.config import InferenceConfig
from inference.engines.registry import Engines
from inference.weights import CATALOGUE, Weights

SIDES = {"u2netp": 320, "isnet": 1024, "isnet-u8": 1024}
NAMES = {
    "u2netp": ("input.1", "1959"),
    "isnet": ("input", "output"),
    "isnet-u8": ("input", "output"),
}


_opened: list[Engines] = []


def open_before(installed: InferenceConfig, config: InferenceConfig) -> Engines:
    """Engines of a test's own, with networks that an earlier test of this process may have opened.

    To open and time them takes longer than most tests; they remember nothing of what they are shown.
    """
    engines = Engines(config)
    if config.models_dir != installed.models_dir:
        return engines
    for before in _opened:
        if before.config == config:
            engines._matting, engines._inpainting = before._matting, before._inpainting
            return engines
    _opened.append(engines)
    return engines


def write_saliency_graph(
    path: Path, size: int | str = 320, names: tuple[str, str] = NAMES["u2netp"]
) -> Path:
    """Write a graph with a saliency network's input and output whose answer is the brightness.

    A `size` in letters stands for any number.

    (1, 3, size, size) f32 -> (1, 1, size, size) f32, the mean of the channels: the mask of a
    white disc on black is the disc.
    """
    given, answer = names
    shape = [1, 3, size, size]
    graph = helper.make_graph(
        [helper.make_node("ReduceMean", [given], [answer], axes=[1], keepdims=1)],
        "brightness",
        [helper.make_tensor_value_info(given, TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(answer, TensorProto.FLOAT, [1, 1, size, size])],
    )
    # Old enough for every ONNX Runtime that is supported.
    opset = helper.make_opsetid("", 13)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(path))
    return path


def write_graph_that_fails(path: Path, size: int = 320) -> Path:
    """Write a graph with U2-Netp's input and output that can be loaded and not be run.

    It lists what is above 0, which is all, and puts a row of three numbers under those long rows.
    OpenVINO notices on two threads or more.
    """
    given, answer = NAMES["u2netp"]
    graph = helper.make_graph(
        [
            helper.make_node("Exp", [given], ["above"]),
            helper.make_node("NonZero", ["above"], ["where"]),
            helper.make_node("Cast", ["where"], ["floats"], to=TensorProto.FLOAT),
            helper.make_node("Concat", ["floats", "three"], [answer], axis=0),
        ],
        "fails",
        [helper.make_tensor_value_info(given, TensorProto.FLOAT, [1, 3, size, size])],
        [helper.make_tensor_value_info(answer, TensorProto.FLOAT, None)],
        [helper.make_tensor("three", TensorProto.FLOAT, [1, 3], [1.0] * 3)],
    )
    opset = helper.make_opsetid("", 13)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=8), str(path))
    return path


def install_graphs(models_dir: Path, *names: str) -> dict[str, Weights]:
    """Install graphs as the named networks, by default u2netp; returns the catalogue of them.

    Hand it to `InferenceConfig(models_dir, catalogue=...)`: digests are checked as ever.
    """
    rows = dict(CATALOGUE)
    for name in names or ("u2netp",):
        path = models_dir / CATALOGUE[name].file_name
        write_saliency_graph(path, SIDES[name], NAMES[name])
        rows[name] = describe(path, CATALOGUE[name])
    return rows


def describe(path: Path, like: Weights) -> Weights:
    """Return a catalogue row for the file at `path`."""
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    return dataclasses.replace(like, size_bytes=len(data), sha256=digest)
