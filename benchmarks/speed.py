"""Bytes in, file out: every precision of ours against rembg's library on the same weights.

All run in turns on the same JPEG, ours in this process and rembg in one of its own, so that they
meet the same load; ratios are of medians. Ours estimates the colours of soft edges in RGBA, which
rembg does not. Networks that were not optimised (`manage.py models optimise`) lack their int8 row.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from benchmarks import rembg
from benchmarks.photographs import photograph
from inference.arrays import Precision, Quality
from inference.config import InferenceConfig
from inference.engines.registry import Engines
from inference.pipelines import Result, remove_background
from inference.rendering import Options
from inference.rendering.pipeline import render_cut_out

_SIZES = {"1080p": (1920, 1080), "12mp": (4000, 3000)}
_PRECISIONS: tuple[Precision, ...] = ("fp32", "bf16", "int8")
_RUNS = {"u2netp": 9, "isnet": 3}
_CASES = (
    ("u2netp", "mask", "1080p"),
    ("u2netp", "mask", "12mp"),
    ("u2netp", "rgba", "1080p"),
    ("u2netp", "rgba", "12mp"),
    ("isnet", "mask", "1080p"),
    ("isnet", "mask", "12mp"),
    ("isnet", "rgba", "1080p"),
)
FIGURES = tuple(
    f"{network}_{kind}_{size}_{precision}_x_rembg"
    for network, kind, size in _CASES
    for precision in _PRECISIONS
) + tuple(
    f"{network}_rgba_{size}_bytes_of_rembg" for network, kind, size in _CASES if kind == "rgba"
)


def measure() -> dict[str, float]:
    engines = dict(_engines())
    figures: dict[str, float] = {}
    print("\nBytes in, PNG out, in one process each: medians in ms, times rembg's")
    with tempfile.TemporaryDirectory() as folder, rembg.worker(Path(folder)) as peer:
        for network, kind, size in _CASES:
            path = Path(folder) / f"{size}.jpg"
            path.write_bytes(photograph(*_SIZES[size]))
            figures |= _measure_case(network, kind, size, path, engines, peer)
    print()
    return figures


def _engines() -> Iterator[tuple[str, Engines]]:
    for precision in _PRECISIONS:
        yield precision, Engines(InferenceConfig(rembg.MODELS, precision=precision))


def _measure_case(
    network: str,
    kind: str,
    size: str,
    path: Path,
    engines: dict[str, Engines],
    peer: rembg.Worker,
) -> dict[str, float]:
    data = path.read_bytes()
    times: dict[str, list[float]] = {"rembg": []}
    results: dict[str, Result] = {}
    theirs = b""
    for turn in range(_RUNS[network] + 1):  # the first one warms up
        took_ms, theirs = peer.remove(path, network, only_mask=kind == "mask")
        if turn:
            times["rembg"].append(took_ms)
        for precision, own in engines.items():
            call = _call(network, kind, data, own)
            started = time.perf_counter()
            result = call()
            took_ms = (time.perf_counter() - started) * 1000
            if _runtime(own, network).endswith(precision):
                results[precision] = result
                if turn:
                    times.setdefault(precision, []).append(took_ms)
    return _report(network, kind, size, times, results, len(theirs))


def _call(network: str, kind: str, data: bytes, engines: Engines) -> Callable[[], Result]:
    quality: Quality = "fast" if network == "u2netp" else "best"
    if kind == "mask":
        return lambda: remove_background(data, engines=engines, quality=quality, edges="fast")
    return lambda: render_cut_out(data, Options(), engines=engines, quality=quality)


def _runtime(engines: Engines, network: str) -> str:
    """Tell what really ran: a precision that cannot be had falls back to 32 bits."""
    return str(engines.status()["models"][network]["runtime"])


def _report(
    network: str,
    kind: str,
    size: str,
    times: dict[str, list[float]],
    results: dict[str, Result],
    their_bytes: int,
) -> dict[str, float]:
    print(f"  {network} {kind} {size}")
    theirs = median(times["rembg"])
    print(f"    {'rembg':6} {theirs:8.1f}  (min {min(times['rembg']):.1f})  {their_bytes} bytes")
    figures = {}
    for precision, result in results.items():
        ours = median(times[precision])
        stages = " ".join(f"{name} {ms:.0f}" for name, ms in result.timings.items())
        print(
            f"    {precision:6} {ours:8.1f}  (min {min(times[precision]):.1f})  "
            f"{theirs / ours:.2f} x  {len(result.data)} bytes  [{stages}]"
        )
        figures[f"{network}_{kind}_{size}_{precision}_x_rembg"] = theirs / ours
        if kind == "rgba":
            figures[f"{network}_rgba_{size}_bytes_of_rembg"] = len(result.data) / their_bytes
    return figures
