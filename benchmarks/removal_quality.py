"""How well and how fast holes are filled, on photographs whose truth under the hole is known.

The peers are OpenCV's Telea and Navier-Stokes on the whole picture, run about with ours. IOPaint is
none of them: it fetches its networks at its first run, so it does not run without a network.
PSNR is that of the hole's pixels; "gradient" is the mean strength of the gradient in the hole over
that of the truth: 1 is as sharp as the photograph, a smear is near 0. PSNR rewards a smear, so read
both. The photographs of scikit-image have some 0.25 megapixels; the larger ones are enlarged and
get the grain of a camera, without which nothing in them would be finer than in the small ones.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import mean, median

import cv2
import numpy as np
from PIL import Image
from skimage import data

from inference import weights
from inference.engines.migan import MiganEngine
from inference.engines.onnx import OnnxSession
from inference.engines.patchmatch import PatchMatchEngine
from inference.removal import remove

FIGURES = (
    "remove_migan_psnr_over_telea_db",
    "remove_migan_gradient_over_truth",
    "remove_patchmatch_psnr_over_telea_db",
    "remove_patchmatch_gradient_over_truth",
    "remove_migan_2mp_ms",
    "remove_migan_12mp_ms",
    "remove_patchmatch_2mp_ms",
)
CONTACT_SHEET = Path(__file__).parents[1] / "var" / "benchmarks" / "removal.png"
_MODELS = Path(__file__).parents[1] / "var" / "models"
_MEGAPIXELS = {"0.25mp": 0.25, "2mp": 2.0, "12mp": 12.0}
_PEER_RADIUS = 5
_GRAIN = 5
_TILE = 220

# Photograph, and where the hole's middle is, as shares of height and width.
_PLACES = (
    (data.astronaut, 0.15, 0.62),
    (data.astronaut, 0.62, 0.12),
    (data.coffee, 0.82, 0.10),
    (data.coffee, 0.20, 0.75),
    (data.chelsea, 0.25, 0.45),
    (data.chelsea, 0.75, 0.35),
    (data.rocket, 0.50, 0.28),
    (data.rocket, 0.93, 0.40),
    (data.immunohistochemistry, 0.75, 0.35),
    (data.retina, 0.45, 0.60),
)
# All of them at 12 megapixels would take the peers minutes.
_PLACES_OF_LARGE = _PLACES[::3]

Fill = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class _Result:
    psnr_db: float
    gradient: float
    took_ms: float


def measure() -> dict[str, float]:
    fills = _fills()
    results = {
        size: _measure_size(megapixels, fills, is_pictured=size == "2mp")
        for size, megapixels in _MEGAPIXELS.items()
    }
    _print_table(results)
    every = {name: [r for size in results.values() for r in size[name]] for name in fills}
    telea = mean(result.psnr_db for result in every["Telea"])
    return {
        "remove_migan_psnr_over_telea_db": mean(r.psnr_db for r in every["MI-GAN"]) - telea,
        "remove_migan_gradient_over_truth": mean(r.gradient for r in every["MI-GAN"]),
        "remove_patchmatch_psnr_over_telea_db": mean(r.psnr_db for r in every["PatchMatch"])
        - telea,
        "remove_patchmatch_gradient_over_truth": mean(r.gradient for r in every["PatchMatch"]),
        "remove_migan_2mp_ms": median(r.took_ms for r in results["2mp"]["MI-GAN"]),
        "remove_migan_12mp_ms": median(r.took_ms for r in results["12mp"]["MI-GAN"]),
        "remove_patchmatch_2mp_ms": median(r.took_ms for r in results["2mp"]["PatchMatch"]),
    }


def scenes(megapixels: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Photographs (H, W, 3) and masks (H, W) of some 4 % of them, 255 in the hole."""
    for number, (photograph, down, across) in enumerate(
        _PLACES_OF_LARGE if megapixels > 5 else _PLACES
    ):
        rgb = photograph()
        scale = float(np.sqrt(megapixels * 1e6 / (rgb.shape[0] * rgb.shape[1])))
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        rgb = np.asarray(cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=way))
        if scale > 1.5:
            rgb = _grained(rgb, number)
        yield rgb, _blob(rgb.shape[0], rgb.shape[1], down, across, number)


def _grained(rgb: np.ndarray, seed: int) -> np.ndarray:
    grain = np.random.default_rng(seed).standard_normal(rgb.shape[:2], np.float32)
    grain = np.asarray(cv2.GaussianBlur(grain, (0, 0), 0.7))
    grain *= _GRAIN / grain.std()
    return np.clip(np.rint(rgb + grain[..., None]), 0, 255).astype(np.uint8)


def _blob(height: int, width: int, down: float, across: float, seed: int) -> np.ndarray:
    """The outline of no object in particular: a disc with waves along its edge."""
    random = np.random.default_rng(seed)
    y, x = np.ogrid[:height, :width]
    y, x = y - down * height, x - across * width
    angle, reach = np.arctan2(y, x), np.ones((height, width))
    for waves in range(2, 7):
        reach += random.normal(0, 0.35 / waves) * np.cos(waves * angle + random.uniform(0, 6.28))
    inside = np.hypot(y, x) < 0.11 * np.sqrt(height * width) * reach
    return np.where(inside, np.uint8(255), np.uint8(0))


def _fills() -> dict[str, Fill]:
    migan = MiganEngine(OnnxSession(weights.verify("migan", _MODELS)))
    radius = _PEER_RADIUS
    fills: dict[str, Fill] = {
        "MI-GAN": partial(remove, engine=migan),
        "PatchMatch": partial(remove, engine=PatchMatchEngine()),
        "Telea": partial(cv2.inpaint, inpaintRadius=radius, flags=cv2.INPAINT_TELEA),
        "Navier-Stokes": partial(cv2.inpaint, inpaintRadius=radius, flags=cv2.INPAINT_NS),
    }
    warm = np.zeros((64, 64, 3), np.uint8), np.pad(np.full((8, 8), 255, np.uint8), 28)
    for fill in fills.values():
        fill(*warm)
    return fills


def _measure_size(
    megapixels: float, fills: dict[str, Fill], is_pictured: bool
) -> dict[str, list[_Result]]:
    results: dict[str, list[_Result]] = {name: [] for name in fills}
    rows = []
    for truth, mask in scenes(megapixels):
        hole = mask > 0
        given = truth.copy()
        given[hole] = 255, 0, 255
        tiles = [given]
        for name, fill in fills.items():
            started = time.perf_counter()
            filled = fill(given, mask)
            took_ms = (time.perf_counter() - started) * 1000
            results[name].append(_Result(*_score(filled, truth, hole), took_ms))
            tiles.append(filled)
        rows.append(np.hstack([_around(tile, hole) for tile in (*tiles, truth)]))
    if is_pictured:
        CONTACT_SHEET.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.vstack(rows)).save(CONTACT_SHEET)
    return results


def _score(filled: np.ndarray, truth: np.ndarray, hole: np.ndarray) -> tuple[float, float]:
    error = np.mean((filled[hole].astype(np.float64) - truth[hole]) ** 2)
    psnr_db = 10 * np.log10(255**2 / max(error, 1e-9))
    return float(psnr_db), _strength(filled, hole) / _strength(truth, hole)


def _strength(rgb: np.ndarray, hole: np.ndarray) -> float:
    """Mean length of the Sobel gradient of the lightness."""
    grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.float32)
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    return float(np.hypot(across, down)[hole].mean())


def _around(rgb: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """The hole and a third of its size on each side, as a square tile."""
    rows, columns = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
    edge = max(len(rows), len(columns)) // 3
    top, left = max(0, rows[0] - edge), max(0, columns[0] - edge)
    part = rgb[top : rows[-1] + edge, left : columns[-1] + edge]
    return np.asarray(cv2.resize(part, (_TILE, _TILE), interpolation=cv2.INTER_AREA))


def _print_table(results: dict[str, dict[str, list[_Result]]]) -> None:
    print("\nRemoval: mean PSNR in dB and gradient over truth's in the hole, median ms")
    print(f"  {'':7} {'':14} {'PSNR':>7} {'gradient':>9} {'ms':>8}")
    for size, by_name in results.items():
        for name, scored in by_name.items():
            print(
                f"  {size:7} {name:14} {mean(r.psnr_db for r in scored):7.2f}"
                f" {mean(r.gradient for r in scored):9.2f}"
                f" {median(r.took_ms for r in scored):8.0f}"
            )
    print(f"  side by side, at 2 megapixels: {CONTACT_SHEET}")
    print(f"  from the left: hole, {', '.join(results['2mp'])}, truth\n")
