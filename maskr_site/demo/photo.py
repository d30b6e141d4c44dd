"""A real photograph through the API as any customer would send it, and the cut-out made of it."""

import importlib.util
import io
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from maskr_site.demo.steps import DemoFailed

PATH = "/v1/services/background-removal"


@dataclass(frozen=True)
class Shown:
    """What came of the request; the files lie beside each other."""

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
        with photo.open("rb") as file:
            answer = http.post(PATH, files={"file": file})
        result = _result(answer)
        mask = http.get(result["output_url"])
        mask.raise_for_status()
    except httpx.HTTPError as error:
        raise DemoFailed(
            f"The server did not answer as it should ({error!r}): see var/demo/server.log."
        ) from error
    round_trip_s = time.perf_counter() - started
    mask_path, cutout_path = photo.with_name("mask.png"), photo.with_name("cutout.png")
    mask_path.write_bytes(mask.content)
    _cut_out(photo, mask.content).save(cutout_path)
    return Shown(
        photo,
        mask_path,
        cutout_path,
        answer.headers.get("X-Maskr-Engine", "unknown"),
        result["processing_time_ms"],
        round_trip_s,
        result["credits_used"],
    )


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


def _cut_out(photo: Path, mask: bytes) -> Image.Image:
    with Image.open(photo) as picture, Image.open(io.BytesIO(mask)) as alpha:
        cutout = picture.convert("RGB")
        cutout.putalpha(alpha.convert("L"))
    return cutout
