"""How well boxes and clicks select objects: overlap with outlines drawn by hand.

`python -m benchmarks.segmentation_quality [--coco ANNOTATIONS.json IMAGES/]`. Without arguments the
objects are nine in photographs that scikit-image ships, outlined below to about two pixels; too few
for more than a comparison of one version with another. With COCO's instances they are the two
largest of each picture. Boxes are exact. Clicks are an oracle's, as is usual in interactive
segmentation: the innermost point of the object, then of the largest error that is left.
"""

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

import cv2
import numpy as np
from PIL import Image
from skimage import data

from benchmarks.product import ROOT
from inference.arrays import RGB, Box, Point, Prompts
from inference.config import InferenceConfig
from inference.engines.protocols import SegmentationEngine
from inference.engines.registry import Engines

_CLICKS = 3
_SMALLEST, _PER_PICTURE = 0.012, 2

# x and y in turn, in pixels of the photograph.
OUTLINES = {
    ("astronaut", "person"): (
        "195 30 232 15 262 23 286 40 298 61 301 89 295 113 281 128 274 136 266 136 262 155 255 176"
        " 281 192 298 216 305 234 328 249 345 270 356 300 363 349 338 359 319 375 300 396 286 422"
        " 279 450 277 478 281 511 47 511 26 469 21 422 19 394 26 338 40 300 52 272 70 239 113 209"
        " 115 188 127 173 141 155 169 148 185 150 184 134 173 123 159 101 154 70 162 54 188 35"
    ),
    ("astronaut", "helmet"): (
        "363 352 403 345 441 354 469 380 490 417 497 455 504 464 511 480 511 511 283 511 277 478"
        " 279 450 286 422 300 396 319 375 338 359"
    ),
    ("astronaut", "shuttle"): (
        "408 0 398 19 396 28 391 45 387 42 381 56 381 103 379 117 378 180 355 211 355 223 384 224"
        " 367 267 370 272 389 253 408 262 422 281 457 272 455 234 456 211 454 56 444 40 437 52"
        " 436 28 429 7 424 0"
    ),
    ("camera", "man"): (
        "0 260 14 234 35 202 52 173 66 145 94 131 131 123 141 113 155 106 164 101 173 84 188 70"
        " 206 65 234 73 258 89 270 113 268 129 253 136 254 164 246 178 241 192 244 216 248 244"
        " 263 220 272 209 323 169 330 180 328 202 309 220 298 248 305 272 277 295 248 312 225 307"
        " 209 295 188 328 141 382 150 422 151 511 138 511 98 445 89 511 0 511"
    ),
    ("chelsea", "cat"): (
        "43 0 40 7 33 37 32 84 33 110 0 126 0 299 254 299 284 278 311 254 318 217 341 194 358 164"
        " 363 134 360 100 358 75 371 57 378 30 398 0"
    ),
    ("coffee", "cup"): (
        "173 103 178 80 196 49 223 31 250 21 285 18 321 21 357 33 384 51 399 71 407 98 406 129"
        " 397 174 384 214 366 241 339 263 312 279 285 283 263 279 252 288 236 299 219 307 203 301"
        " 196 285 201 263 216 236 201 219 185 192 176 152"
    ),
    ("coffee", "cup and saucer"): (
        "77 214 83 170 107 120 143 89 183 69 196 49 223 31 250 21 285 18 321 21 357 33 384 51"
        " 399 71 404 67 422 71 424 80 417 107 446 134 468 170 480 214 477 250 464 285 437 326"
        " 401 357 357 379 299 389 241 384 187 366 138 332 103 294 83 254"
    ),
    ("coffee", "spoon"): (
        "328 281 330 263 348 248 370 236 388 248 404 263 405 285 393 308 370 323 348 322 332 308"
    ),
    ("rocket", "rocket"): (
        "312 143 317 131 324 126 331 132 335 148 335 181 334 238 332 405 312 405 311 181"
    ),
}


@dataclass(frozen=True, slots=True)
class Annotated:
    """A picture and which of its pixels belong to one object of it."""

    name: str
    rgb: RGB
    inside: np.ndarray


@dataclass(frozen=True, slots=True)
class Result:
    """The overlap (intersection over union) by one kind of prompt, and how long it took."""

    kind: str
    overlap: float
    seconds: float


def photographs() -> Iterator[Annotated]:
    for (photo, part), outline in OUTLINES.items():
        rgb = getattr(data, photo)()
        if rgb.ndim == 2:
            rgb = np.repeat(rgb[..., None], 3, axis=2)
        polygon = np.array(outline.split(), int).reshape(-1, 2)
        yield Annotated(f"{photo}: {part}", rgb, _filled([polygon], rgb))


def coco(annotations: Path, images: Path) -> Iterator[Annotated]:
    """The largest objects of each picture, crowds left out."""
    content = json.loads(annotations.read_text())
    for entry in content["images"]:
        path = images / entry["file_name"]
        if not path.exists():
            continue
        rgb = np.asarray(Image.open(path).convert("RGB"))
        found = [
            _filled([np.array(part).reshape(-1, 2).round() for part in one["segmentation"]], rgb)
            for one in content["annotations"]
            if one["image_id"] == entry["id"] and isinstance(one["segmentation"], list)
        ]
        large = sorted((one for one in found if one.mean() >= _SMALLEST), key=np.sum)
        for inside in large[-_PER_PICTURE:]:
            yield Annotated(entry["file_name"], rgb, inside)


def measure(engine: SegmentationEngine, one: Annotated) -> Iterator[Result]:
    rows, columns = np.nonzero(one.inside)
    left, top = int(columns.min()), int(rows.min())
    box = Box(left, top, int(columns.max()) + 1, int(rows.max()) + 1)
    yield _measured("box", engine, one, Prompts((), box))[0]
    points: tuple[Point, ...] = ()
    selected = np.zeros_like(one.inside)
    for number in range(1, _CLICKS + 1):
        points += (_next_click(selected, one.inside),)
        result, selected = _measured(f"clicks {number}", engine, one, Prompts(points))
        yield result


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.segmentation_quality")
    parser.add_argument("--coco", nargs=2, type=Path, metavar=("ANNOTATIONS", "IMAGES"))
    paths = parser.parse_args().coco
    engine = Engines(InferenceConfig(ROOT / "var" / "models")).segmentation()
    results: list[Result] = []
    for one in coco(*paths) if paths else photographs():
        found = list(measure(engine, one))
        print(f"{one.name:28}", *(f"{result.kind} {result.overlap:.2f}  " for result in found))
        results += found
    print(f"\n{engine.name}, mean overlap, median seconds")
    for kind in dict.fromkeys(result.kind for result in results):
        same = [result for result in results if result.kind == kind]
        overlap, seconds = mean(r.overlap for r in same), median(r.seconds for r in same)
        print(f"  {kind:10} {overlap:.3f}  {seconds:6.2f}   ({len(same)} objects)")


def _measured(
    kind: str, engine: SegmentationEngine, one: Annotated, prompts: Prompts
) -> tuple[Result, np.ndarray]:
    start = time.perf_counter()
    mask = engine.segment(one.rgb, prompts) > 127
    seconds = time.perf_counter() - start
    overlap = (mask & one.inside).sum() / (mask | one.inside).sum()
    return Result(kind, float(overlap), seconds), mask


def _next_click(selected: np.ndarray, inside: np.ndarray) -> Point:
    """Click the innermost pixel of the largest error, inside the object or out of it."""
    count, parts, stats, _ = cv2.connectedComponentsWithStats((selected != inside).astype(np.uint8))
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])) if count > 1 else 0
    padded = np.pad((parts == largest).astype(np.uint8), 1)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1]
    y, x = np.unravel_index(int(depth.argmax()), depth.shape)
    return Point(float(x) + 0.5, float(y) + 0.5, bool(inside[y, x]))


def _filled(polygons: list[np.ndarray], rgb: RGB) -> np.ndarray:
    canvas = np.zeros(rgb.shape[:2], np.uint8)
    for polygon in polygons:
        cv2.fillPoly(canvas, [polygon.astype(np.int32)], 1)
    return canvas > 0


if __name__ == "__main__":
    main()
