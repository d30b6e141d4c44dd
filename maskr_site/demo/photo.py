"""A real photograph through two services, as any customer would send it: its mask, its cut-out."""

import importlib.util
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from maskr_site.demo.steps import DemoFailed

MASK_PATH = "/v1/services/background-removal"
CUT_OUT_PATH = "/v1/services/object-extraction?output_format=png"


@dataclass(frozen=True)
class Shown:
    """What came of the requests; the files lie beside each other, the times are of the mask."""

    photo: Path
    mask: Path
    cutout: Path
    engine: str
    processing_ms: float
    round_trip_s: float
    credits_used: float


def write_photo(folder: Path) -> Path:
    """Eileen Collins by NASA, public domain: scikit-image ships it."""
    spec = importlib.util.find_spec("skimage")
    if spec is None or not spec.submodule_search_locations:
        raise DemoFailed("scikit-image, which holds the photo, is not installed: run make install.")
    source = Path(spec.submodule_search_locations[0], "data", "astronaut.png")
    path = folder / "photo.jpg"
    with Image.open(source) as picture:
        picture.convert("RGB").save(path, quality=92)
    return path


def send(http: httpx.Client, photo: Path) -> Shown:
    """Raises DemoFailed with the server's own sentence when it refuses."""
    started = time.perf_counter()
    try:
        answer, result, mask = _process(http, MASK_PATH, {"file": photo.read_bytes()})
        round_trip_s = time.perf_counter() - started
        pair = {"image": photo.read_bytes(), "mask": mask}
        _, extraction, cutout = _process(http, CUT_OUT_PATH, pair)
    except httpx.HTTPError as error:
        raise DemoFailed(
            f"The server did not answer as it should ({error!r}): see var/demo/server.log."
        ) from error
    mask_path, cutout_path = photo.with_name("mask.png"), photo.with_name("cutout.png")
    mask_path.write_bytes(mask)
    cutout_path.write_bytes(cutout)
    return Shown(
        photo,
        mask_path,
        cutout_path,
        answer.headers.get("X-Maskr-Engine", "unknown"),
        result["processing_time_ms"],
        round_trip_s,
        result["credits_used"] + extraction["credits_used"],
    )


def _process(
    http: httpx.Client, path: str, files: dict[str, bytes]
) -> tuple[httpx.Response, dict[str, Any], bytes]:
    """The answer, its result and the file behind its link."""
    answer = http.post(path, files=files)
    result = _result(answer)
    file = http.get(result["output_url"])
    file.raise_for_status()
    return answer, result, file.content


def _result(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        body = {}
    if answer.status_code == 200 and body.get("status") == "completed":
        result: dict[str, Any] = body["result"]
        return result
    reason = body.get("detail") or body.get("error") or body.get("status") or "no reason given"
    raise DemoFailed(f"The photo was not processed (status {answer.status_code}): {reason}")
