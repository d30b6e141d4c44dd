"""What the stages around the network cost, and what fine edges gain, on pictures with exact alpha.

Composites put one photograph in the shape of a wavy disc before another one, blurred as by a lens,
with the grain of a camera, saved as JPEG. U2-Netp makes the mattes; scenes whose object it does not
find (IoU below 0.75) say nothing about edges and are left out. Boundary IoU is that of Cheng et al.
(2021, arXiv 2103.16562), 2 % of the diagonal wide.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import mean, median

import cv2
import numpy as np
from skimage import data

from inference import cutouts, decoding, encoding
from inference.edges import refine, upsample
from inference.engines.onnx import OnnxSession
from inference.engines.saliency import RECIPES, SaliencyEngine

FIGURES = (
    "edges_boundary_iou_gain",
    "edges_mean_error_ratio",
    "edges_fine_1080p_ms",
    "rgba_1080p_without_network_ms",
    "rgba_12mp_without_network_ms",
)
_MODELS = Path(__file__).parents[1] / "var" / "models"
_SIZES = {"1080p": (1920, 1080), "12mp": (4000, 3000)}
_SCENES, _RUNS = 16, 9
_FOUND = 0.75
_PHOTOGRAPHS = (data.astronaut, data.coffee, data.chelsea, data.rocket)

Scene = tuple[bytes, np.ndarray]
"""JPEG, and the exact alpha."""


def measure() -> dict[str, float]:
    network = OnnxSession(_MODELS / "u2netp.onnx")
    engine = SaliencyEngine("u2netp", network, RECIPES["u2netp"])
    gain, ratio = _quality(engine)
    stages = {name: _stages(engine, size) for name, size in _SIZES.items()}
    print("\nStages beside the network, medians in ms")
    for name, times in stages.items():
        print(f"  {name:6}" + "".join(f"  {stage} {ms:.1f}" for stage, ms in times.items()))
    print(f"  fine edges: boundary IoU {gain:+.3f}, mean error x{ratio:.2f} of fast ones\n")
    chosen = {"1080p": "fine", "12mp": "fast"}
    return {
        "edges_boundary_iou_gain": gain,
        "edges_mean_error_ratio": ratio,
        "edges_fine_1080p_ms": stages["1080p"]["fine"],
    } | {
        f"rgba_{name}_without_network_ms": sum(
            stages[name][stage] for stage in ("decode", chosen[name], "colours", "RGBA file")
        )
        for name in _SIZES
    }


def scenes(width: int, height: int, count: int) -> Iterator[Scene]:
    rng = np.random.default_rng(7)
    for _ in range(count):
        front, back = rng.choice(len(_PHOTOGRAPHS), 2, replace=False)
        alpha = _wavy_disc(width, height, rng)
        share = alpha[..., None].astype(np.float32) / 255
        ground = cv2.GaussianBlur(_filling(back, width, height), (0, 0), rng.uniform(1, 12))
        lit = _filling(front, width, height) * np.float32(1.1) + np.float32(rng.uniform(-30, 50))
        mixed = lit * share + ground * (1 - share)
        mixed += rng.normal(0, 3, mixed.shape)
        yield encoding.rgb_to_jpeg(np.clip(mixed, 0, 255).astype(np.uint8), quality=90), alpha


def _filling(photograph: int, width: int, height: int) -> np.ndarray:
    rgb = _PHOTOGRAPHS[photograph]().astype(np.float32)
    return cv2.resize(rgb, (width, height), interpolation=cv2.INTER_CUBIC)


def _wavy_disc(width: int, height: int, rng: np.random.Generator) -> np.ndarray:
    y, x = np.mgrid[:height, :width].astype(np.float32)
    y, x = y - height * rng.uniform(0.45, 0.55), x - width * rng.uniform(0.4, 0.6)
    waves = 0.12 * np.sin(np.arctan2(y, x) * rng.integers(4, 16) + rng.uniform(0, 6))
    far = height * rng.uniform(0.25, 0.4) * (1 + waves) - np.hypot(x, y)
    return np.round(np.clip(far / rng.uniform(1, 5) + 0.5, 0, 1) * 255).astype(np.uint8)


def _quality(engine: SaliencyEngine) -> tuple[float, float]:
    gains, ratios = [], []
    for jpeg, truth in scenes(1440, 1080, _SCENES):
        rgb, size = decoding.decode(jpeg).rgb, truth.shape[::-1]
        matte = engine.matte(rgb)
        fast, fine = upsample(matte, size), refine(matte, rgb, size)
        if mask_iou(fast, truth) >= _FOUND:
            gains.append(boundary_iou(fine, truth) - boundary_iou(fast, truth))
            ratios.append(_error(fine, truth) / _error(fast, truth))
    return mean(gains), mean(ratios)


def boundary_iou(mask: np.ndarray, truth: np.ndarray) -> float:
    width = round(0.02 * np.hypot(*truth.shape))
    return _iou(*(_rim(plane >= 128, width) for plane in (mask, truth)))


def mask_iou(mask: np.ndarray, truth: np.ndarray) -> float:
    return _iou(mask >= 128, truth >= 128)


def _rim(inside: np.ndarray, width: int) -> np.ndarray:
    around = np.pad(inside.view(np.uint8), width)
    core = cv2.erode(around, np.ones((3, 3), np.uint8), iterations=width)
    return inside & (core[width:-width, width:-width] == 0)


def _iou(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / max((one | other).sum(), 1))


def _error(mask: np.ndarray, truth: np.ndarray) -> float:
    return float(np.abs(mask.astype(int) - truth).mean())


def _stages(engine: SaliencyEngine, size: tuple[int, int]) -> dict[str, float]:
    jpeg, _ = next(scenes(*size, 1))
    rgb = decoding.decode(jpeg).rgb
    matte = engine.matte(rgb)
    fine, fast = refine(matte, rgb, size), upsample(matte, size)
    mask = fine if size == _SIZES["1080p"] else fast
    cut_out = cutouts.cut_out(rgb, mask)
    stages: dict[str, Callable[[], object]] = {
        "decode": lambda: decoding.decode(jpeg),
        "fast": lambda: upsample(matte, size),
        "fine": lambda: refine(matte, rgb, size),
        "colours": lambda: cutouts.cut_out(rgb, mask),
        "mask file": lambda: encoding.mask_to_png(mask),
        "RGBA file": lambda: encoding.rgba_to_png(cut_out),
    }
    return {name: _median_ms(stage) for name, stage in stages.items()}


def _median_ms(stage: Callable[[], object]) -> float:
    """The first run, which warms up, is not counted."""
    times = []
    for _ in range(_RUNS + 1):
        started = time.perf_counter()
        stage()
        times.append((time.perf_counter() - started) * 1000)
    return median(times[1:])
