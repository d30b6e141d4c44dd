"""Masks of ours and of rembg's against exact alpha: the same pictures, the same weights.

The scenes are the composites of `edges`. Those whose object neither finds (IoU below 0.75) say more
about the network than about what is made of its answer, and are left out. Ours have the edges that
a client gets who does not ask for any.
"""

import io
import tempfile
from pathlib import Path
from statistics import mean

import numpy as np
from PIL import Image

from benchmarks import rembg
from benchmarks.edges import boundary_iou, mask_iou, scenes
from inference.arrays import Quality
from inference.config import InferenceConfig
from inference.engines.registry import Engines
from inference.pipelines import remove_background

_QUALITIES: dict[str, Quality] = {"u2netp": "fast", "isnet": "best"}
FIGURES = tuple(
    f"quality_{network}_{measure}_over_rembg"
    for network in _QUALITIES
    for measure in ("iou", "boundary_iou")
)
_SCENES = 16
_FOUND = 0.75

Scores = list[tuple[float, float, float, float]]
"""IoU of ours and rembg's, boundary IoU of ours and rembg's, a scene each."""


def measure() -> dict[str, float]:
    engines = Engines(InferenceConfig(rembg.MODELS))
    figures = {}
    print(f"\nMasks against exact alpha, means of the scenes found, of {_SCENES}")
    print(f"  {'':8} {'scenes':>6} {'IoU':>7} {'rembg':>7} {'bIoU':>7} {'rembg':>7}")
    with tempfile.TemporaryDirectory() as folder, rembg.worker(Path(folder)) as peer:
        for network in _QUALITIES:
            scores = _scores(network, engines, peer, Path(folder) / "scene.jpg")
            found = [mean(column) for column in zip(*scores, strict=True)]
            print(f"  {network:8} {len(scores):6}" + "".join(f" {each:7.4f}" for each in found))
            figures[f"quality_{network}_iou_over_rembg"] = found[0] - found[1]
            figures[f"quality_{network}_boundary_iou_over_rembg"] = found[2] - found[3]
    print()
    return figures


def _scores(network: str, engines: Engines, peer: rembg.Worker, path: Path) -> Scores:
    scores = []
    for jpeg, truth in scenes(1440, 1080, _SCENES):
        path.write_bytes(jpeg)
        made = remove_background(jpeg, engines=engines, quality=_QUALITIES[network])
        ours = _decoded(made.data)
        theirs = _decoded(peer.remove(path, network, only_mask=True)[1])
        overlaps = mask_iou(ours, truth), mask_iou(theirs, truth)
        if max(overlaps) >= _FOUND:
            scores.append((*overlaps, boundary_iou(ours, truth), boundary_iou(theirs, truth)))
    return scores


def _decoded(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("L"))
