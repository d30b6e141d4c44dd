"""What the engine for prompts takes at 1, 2 and 12 megapixels; the peer is the bare network run."""

import io
import os
import time
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from benchmarks.photographs import photograph
from benchmarks.product import ROOT
from inference.arrays import Box, Point, Prompts
from inference.config import InferenceConfig
from inference.engines.registry import Engines
from inference.timing import Clock

FIGURES = ("prompt_box_1080p_ms", "prompt_box_12mp_ms", "prompt_click_1080p_ms")
_SIZES = {"1mp": (1200, 900), "1080p": (1920, 1080), "12mp": (4000, 3000)}
_RUNS = 5


def measure() -> dict[str, float]:
    models = Path(os.environ.get("MODELS_DIR", str(ROOT / "var" / "models")))
    engine = Engines(InferenceConfig(models)).segmentation()
    print(f"\n{engine.name}, medians of {_RUNS} new pictures in ms   (network, all else)")
    figures: dict[str, float] = {}
    for name, (width, height) in _SIZES.items():
        photo = np.asarray(Image.open(io.BytesIO(photograph(width, height))))
        box = Box(width * 0.2, 0, width * 0.8, height)
        for kind, prompts in (
            ("box", Prompts((), box)),
            ("click", Prompts((Point(width * 0.45, height * 0.3),))),
        ):
            took, network = [], []
            for number in range(_RUNS + 1):
                clock = Clock()
                # Moved a little each time: the engine remembers what it has seen.
                picture = np.roll(photo, 7 * number, axis=1)
                started = time.perf_counter()
                engine.segment(picture, prompts, clock)
                took.append((time.perf_counter() - started) * 1000)
                network.append(clock.milliseconds["network"])
            whole, net = median(took[1:]), median(network[1:])
            print(f"  {kind:5} {name:6} {whole:8.1f}   ({net:.1f}, {whole - net:.1f})")
            figures[f"prompt_{kind}_{name}_ms"] = whole
    print()
    return {name: figures[name] for name in FIGURES}
