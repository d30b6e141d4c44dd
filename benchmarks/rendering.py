"""What a finished picture costs behind its matte: colours, layout, ground, file.

The peer does what the shortest script would, on the same input in this process, run about: it puts
the matte in as alpha and has Pillow save at its defaults, estimating no colours, leaving the whole
background in the file. Pictures are those of `benchmarks.cutouts`: a photograph cut out along a
wavy outline with an edge 4 pixels wide.
"""

import io
import time
from collections.abc import Callable
from functools import partial
from statistics import median

import numpy as np
from PIL import Image

from benchmarks.cutouts import scene
from inference.decoding import Picture, PictureInfo
from inference.rendering import Length, Options, render

FIGURES = (
    "render_png_1080p_ms",
    "render_png_1080p_x_pillow",
    "render_jpg_1080p_ms",
    "render_webp_1080p_ms",
    "render_png_12mp_ms",
    "render_preview_12mp_ms",
)
_SIZES = {"1080p": (1920, 1080), "12mp": (4000, 3000)}
_PREVIEW = 250_000
_WISHES = {
    "png": Options(),
    "jpg": Options(format="jpg"),
    "webp": Options(format="webp"),
    "gif": Options(format="gif"),
    "tiff": Options(format="tiff"),
    "zip": Options(format="zip"),
    "matte": Options(channels="alpha"),
    "preview": Options(max_pixels=_PREVIEW),
    "crop": Options(crop=True),
    "scale": Options(scale=0.5),
    "tint": Options(background=(10, 20, 30, 100)),
    "despill": Options(despill=True),
    "canvas": Options(crop=True, padding=Length(5, "%"), width=1600, height=1600),
}
_RUNS, _RUNS_OF_LARGE = 9, 5


def measure() -> dict[str, float]:
    times = {name: _measure_size(*size) for name, size in _SIZES.items()}
    _print_table(times)
    medium, large = ({wish: median(runs) for wish, runs in times[size].items()} for size in _SIZES)
    return {
        "render_png_1080p_ms": medium["png"],
        "render_png_1080p_x_pillow": medium["Pillow"] / medium["png"],
        "render_jpg_1080p_ms": medium["jpg"],
        "render_webp_1080p_ms": medium["webp"],
        "render_png_12mp_ms": large["png"],
        "render_preview_12mp_ms": large["preview"],
    }


def _measure_size(width: int, height: int) -> dict[str, list[float]]:
    """Milliseconds of all runs, in turns; the first turn, which warms up, is not counted."""
    rgb, mask = scene(width, height)
    picture = Picture(rgb, None, "JPEG", None, PictureInfo("JPEG", width, height, 1))
    contests: dict[str, Callable[[], object]] = {
        wish: partial(render, picture, mask, options) for wish, options in _WISHES.items()
    }
    contests["Pillow"] = lambda: _pillow(rgb, mask)
    times: dict[str, list[float]] = {wish: [] for wish in contests}
    runs = _RUNS_OF_LARGE if width * height > 5_000_000 else _RUNS
    for turn in range(runs + 1):
        for wish, run in contests.items():
            started = time.perf_counter()
            run()
            if turn:
                times[wish].append((time.perf_counter() - started) * 1000)
    return times


def _pillow(rgb: np.ndarray, mask: np.ndarray) -> bytes:
    image, buffer = Image.fromarray(rgb), io.BytesIO()
    image.putalpha(Image.fromarray(mask))
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _print_table(times: dict[str, dict[str, list[float]]]) -> None:
    print("\nFinished pictures behind their matte: minimum and median in ms")
    print(f"  {'':10}" + "".join(f"{size:>20}" for size in times))
    for wish in next(iter(times.values())):
        cells = (f"{min(runs[wish]):10.1f}{median(runs[wish]):10.1f}" for runs in times.values())
        print(f"  {wish:10}" + "".join(cells))
    print("  (limits: png 130 at 1080p, 900 at 12 Mpixel)\n")
