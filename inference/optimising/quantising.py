"""A 32-bit graph -> one that computes with 8-bit integers, by NNCF, for OpenVINO."""

import contextlib
import io
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.arrays import RGB
from inference.engines import saliency
from inference.engines.openvino import let_rest_be_bf16
from inference.engines.saliency import to_tensor
from inference.errors import OptimiserMissing
from inference.optimising import ranges


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is quantised, found by trying: `docs/performance.md` has the figures.

    `in_float` are patterns of layers that stay in floats. `narrowed` is a pattern of those whose
    ranges leave outliers out, all other ranges being `ranges.spread`'s as well; None takes NNCF's.
    `pictures` are calibrated on. `rest_in_bf16`: what stays in floats may be in bfloat16, on
    processors that have it.
    """

    in_float: tuple[str, ...]
    narrowed: str | None
    pictures: int
    rest_in_bf16: bool


# The logits that become the matte, as one of 256 values each, take the IoU to 0.976 and boundary
# IoU, which they decide, to 0.87, of 0.998 and 0.99 with all else in floats. The ranges of the rest
# decide about whole objects: on 28 composites with grain NNCF's, without one value in 10,000, took
# the mean IoU with 32 bits to 0.93 and that of the worst to 0.29; these give 0.99 and 0.96. Stage 5d
# takes what the deepest stage answers: 256 levels of that decide about outlines everywhere.
_IS_NET = Recipe(
    (".*Resize_5.*", ".*/stage5d/.*"),
    narrowed=r"stage\dd/|^/?Resize",
    pictures=10,
    rest_in_bf16=True,
)

RECIPES = {
    # The last convolution of stage2d: its weights reach from -5.6 to 5.6 while most are tiny, and
    # in 8 bits it alone takes the mean IoU from 0.995 to 0.83. Here the outliers count: without one
    # in ten thousand the IoU falls to 0.98.
    "u2netp": Recipe((".*Conv_787.*",), narrowed=None, pictures=30, rest_in_bf16=False),
    "isnet": _IS_NET,
    "isnet-u8": _IS_NET,
}


def quantise(
    name: str, graph: Path, pictures: Sequence[RGB], target: Path, on_picture: Callable[[], None]
) -> None:
    """Write the graph to `target` (.xml, with a .bin beside it); `on_picture` tells progress.

    Every picture is looked at once, or twice for a recipe that narrows. Raises OptimiserMissing.
    """
    nncf, openvino = _tools()
    recipe = RECIPES[name]

    def prepared(picture: RGB) -> NDArray[np.float32]:
        on_picture()
        return to_tensor(picture, saliency.RECIPES[name])

    with contextlib.redirect_stdout(io.StringIO()):  # it draws progress bars of its own
        quantised = nncf.quantize(
            openvino.Core().read_model(graph),
            nncf.Dataset(pictures, prepared),
            preset=nncf.QuantizationPreset.MIXED,
            subset_size=len(pictures),
            ignored_scope=nncf.IgnoredScope(patterns=list(recipe.in_float), validate=False),
        )
    ranges.widen_input(quantised, saliency.RECIPES[name])
    if recipe.narrowed is not None:
        ranges.spread(quantised, recipe.narrowed, map(prepared, pictures))
    if recipe.rest_in_bf16:
        let_rest_be_bf16(quantised)
    openvino.save_model(quantised, target, compress_to_fp16=False)


def looks(name: str) -> int:
    """Count how often `quantise` looks at a picture."""
    recipe = RECIPES[name]
    return recipe.pictures * (1 if recipe.narrowed is None else 2)


def version() -> str:
    """Name what makes the graphs; raises OptimiserMissing."""
    nncf, openvino = _tools()
    return f"NNCF {nncf.__version__}, OpenVINO {openvino.__version__}"


def _tools() -> tuple[Any, Any]:
    # Otherwise importing NNCF reports its use to its makers.
    os.environ.setdefault("NNCF_CI", "1")
    try:
        import nncf
        import openvino
    except ImportError as error:
        raise OptimiserMissing from error
    nncf.set_log_level(logging.ERROR)
    return nncf, openvino
