"""What a cut-out costs behind its mask: the object's own colours, and the file.

The peers do the same work on the same input in this process, run about: PyMatting's estimation of
the foreground of the full picture, already compiled, and Pillow's lossless files as its defaults
make them. Pictures are a photograph cut out along a wavy outline with an edge 4 pixels wide.
"""

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
from PIL import Image
from skimage import data

from inference import cutouts, encoding, foreground

FIGURES = (
    "colours_1080p_x_pymatting",
    "colours_1080p_ms",
    "colours_12mp_ms",
    "cutout_png_1080p_ms",
    "cutout_webp_1080p_ms",
)
_SIZES = {"1mp": (1280, 800), "1080p": (1920, 1080), "12mp": (4000, 3000)}
_RUNS, _RUNS_OF_LARGE = 7, 3
_EDGE = 4


@dataclass(frozen=True, slots=True)
class _Contest:
    """Medians of the runs, in ms, and the sizes of the files, where there are any, in KiB."""

    ours_ms: float
    peer_ms: float
    ours_kib: float = 0
    peer_kib: float = 0


def measure() -> dict[str, float]:
    results = {name: _measure_size(*size) for name, size in _SIZES.items()}
    _print_table(results)
    return {
        "colours_1080p_x_pymatting": _ratio(results["1080p"]["colours"]),
        "colours_1080p_ms": results["1080p"]["colours"].ours_ms,
        "colours_12mp_ms": results["12mp"]["colours"].ours_ms,
        "cutout_png_1080p_ms": results["1080p"]["PNG"].ours_ms,
        "cutout_webp_1080p_ms": results["1080p"]["WebP"].ours_ms,
    }


def scene(width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """A photograph (scikit-image's astronaut) and the mask of a wavy disc over its middle."""
    photo = Image.fromarray(data.astronaut()).resize((width, height), Image.Resampling.LANCZOS)
    y, x = np.ogrid[:height, :width]
    y, x = y - height / 2, x - width / 2
    radius = 0.38 * height * (1 + 0.08 * np.sin(12 * np.arctan2(y, x)))
    opacity = np.clip((radius - np.hypot(x, y)) / _EDGE + 0.5, 0, 1)
    return np.asarray(photo), np.round(opacity * 255).astype(np.uint8)


def _measure_size(width: int, height: int) -> dict[str, _Contest]:
    # Here, not above: the package compiles at its first import and takes a second at the others.
    from pymatting import estimate_foreground_ml

    rgb, mask = scene(width, height)
    cut = cutouts.cut_out(rgb, mask)
    # As PyMatting wants them; making them does not count against it.
    colours, alpha = (np.float32(1 / 255) * array for array in (rgb, mask))
    runs = _RUNS_OF_LARGE if width * height > 5_000_000 else _RUNS
    return {
        "colours": _contest(
            lambda: foreground.estimate(rgb, mask),
            lambda: estimate_foreground_ml(colours, alpha),
            runs,
        ),
        "PNG": _contest(lambda: encoding.rgba_to_png(cut), lambda: _pillow(cut, "PNG"), runs),
        "WebP": _contest(
            lambda: encoding.rgba_to_webp(cut),
            lambda: _pillow(cut, "WEBP", lossless=True, exact=True),
            runs,
        ),
    }


def _pillow(pixels: np.ndarray, format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format, **options)
    return buffer.getvalue()


def _contest(ours: Callable[[], Any], peer: Callable[[], Any], runs: int) -> _Contest:
    """Time both, in turns; the first turn, which warms up, is not counted."""
    times: dict[Callable[[], Any], list[float]] = {ours: [], peer: []}
    made: dict[Callable[[], Any], Any] = {}
    for _ in range(runs + 1):
        for run in (ours, peer):
            started = time.perf_counter()
            made[run] = run()
            times[run].append((time.perf_counter() - started) * 1000)
    return _Contest(
        *(median(times[run][1:]) for run in (ours, peer)),
        *(len(made[run]) / 1024 for run in (ours, peer) if isinstance(made[run], bytes)),
    )


def _ratio(contest: _Contest) -> float:
    """How many times as fast as the peer."""
    return contest.peer_ms / contest.ours_ms


def _print_table(results: dict[str, dict[str, _Contest]]) -> None:
    print("\nCut-outs: medians in ms; the peer is PyMatting, and Pillow's defaults for the files")
    print(f"  {'':7} {'':8} {'ours':>8} {'peer':>8} {'faster':>8} {'ours KiB':>9} {'peer KiB':>9}")
    for size, contests in results.items():
        for stage, contest in contests.items():
            files = f"{contest.ours_kib:9.0f} {contest.peer_kib:9.0f}" if contest.ours_kib else ""
            print(
                f"  {size:7} {stage:8} {contest.ours_ms:8.1f} {contest.peer_ms:8.1f}"
                f" {_ratio(contest):7.1f}x {files}"
            )
    print()
