"""A 32-bit graph -> one that computes with 8-bit integers, by NNCF, for OpenVINO."""

import contextlib
import io
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inference.arrays import RGB
from inference.engines import saliency
from inference.engines.saliency import to_tensor
from inference.errors import OptimiserMissing


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is quantised, found by trying: `docs/performance.md` has the figures.

    `in_float` are patterns of layers that keep 32 bits. `outliers` is the share of a layer's values
    that may lie outside its range; None takes the full range. `pictures` are calibrated on.
    """

    in_float: tuple[str, ...]
    outliers: float | None
    pictures: int


# The logits that become the matte, as one of 256 values each, take the IoU to 0.976 and boundary
# IoU, which they decide, to 0.87, of 0.998 and 0.99 with all else in floats. With the full range of
# each layer, set by a few bright spots, boundary IoU with the truth loses 0.05, with this 0.007.
_IS_NET = Recipe((".*Resize_5.*",), outliers=1e-4, pictures=10)

RECIPES = {
    # The last convolution of stage2d: its weights reach from -5.6 to 5.6 while most are tiny, and
    # in 8 bits it alone takes the mean IoU from 0.995 to 0.83. Here the outliers count: without one
    # in ten thousand the IoU falls to 0.98.
    "u2netp": Recipe((".*Conv_787.*",), outliers=None, pictures=30),
    "isnet": _IS_NET,
    "isnet-u8": _IS_NET,
}


def quantise(
    name: str, graph: Path, pictures: Sequence[RGB], target: Path, on_picture: Callable[[], None]
) -> None:
    """Write the graph to `target` (.xml, with a .bin beside it); `on_picture` tells progress.

    Every picture is looked at once. Raises OptimiserMissing.
    """
    nncf, openvino = _tools()
    recipe = RECIPES[name]

    def prepared(picture: RGB) -> Any:
        on_picture()
        return to_tensor(picture, saliency.RECIPES[name])

    with contextlib.redirect_stdout(io.StringIO()):  # it draws progress bars of its own
        quantised = nncf.quantize(
            openvino.Core().read_model(graph),
            nncf.Dataset(pictures, prepared),
            preset=nncf.QuantizationPreset.MIXED,
            subset_size=len(pictures),
            ignored_scope=nncf.IgnoredScope(patterns=list(recipe.in_float), validate=False),
            advanced_parameters=_ranges(nncf, recipe.outliers),
        )
    openvino.save_model(quantised, target, compress_to_fp16=False)


def version() -> str:
    """Name what makes the graphs; raises OptimiserMissing."""
    nncf, openvino = _tools()
    return f"NNCF {nncf.__version__}, OpenVINO {openvino.__version__}"


def _ranges(nncf: Any, outliers: float | None) -> Any:
    if outliers is None:
        return None
    from nncf.quantization import range_estimator as estimator

    share = estimator.StatisticsCollectorParameters(
        statistics_type=estimator.StatisticsType.QUANTILE,
        aggregator_type=estimator.AggregatorType.MEAN,
        quantile_outlier_prob=outliers,
    )
    return nncf.AdvancedQuantizationParameters(
        activations_range_estimator_params=estimator.RangeEstimatorParameters(share, share)
    )


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
