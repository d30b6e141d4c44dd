"""The example of the front page: a picture and what this server's own networks made of it.

Made once by `manage.py showcase`, kept in the storage beside the results of customers.
"""

import importlib.util
import io
from pathlib import Path
from threading import Event

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageDraw

from inference import pipelines
from inference.engines.registry import Engines
from maskr_site.landing import scene

_FOLDER = "site/showcase"
BEFORE, MASK, CUT_OUT, REMOVED = "before.jpg", "mask.png", "cutout.webp", "removed.jpg"
NAMES = (BEFORE, MASK, CUT_OUT, REMOVED)
#: What disappears: the model of a shuttle in the photograph, or the ball of the scene.
_SHUTTLE = [
    (395, 0),
    (460, 0),
    (466, 190),
    (478, 236),
    (478, 290),
    (352, 290),
    (340, 240),
    (372, 150),
]
_is_known = Event()


def is_made() -> bool:
    """Asked by every view of the page, so a yes is remembered."""
    if not _is_known.is_set() and all(default_storage.exists(_path(name)) for name in NAMES):
        _is_known.set()
    return _is_known.is_set()


def forget() -> None:
    """Looks again next time."""
    _is_known.clear()


def read(name: str) -> bytes | None:
    """The picture; until the example is made there is only the drawn one, before anything."""
    if not is_made():
        return scene.jpeg() if name == BEFORE else None
    with default_storage.open(_path(name)) as file:
        return bytes(file.read())


def make(engines: Engines) -> None:
    """Raises WeightsMissing or EngineFailed; nothing is kept then."""
    before = _photograph() or scene.jpeg()
    matte = pipelines.remove_background(
        before, engines=engines, quality="best", max_pixels=settings.MAX_PIXELS
    )
    cut_out = pipelines.extract_object(before, matte.data, engines=engines)
    removed = pipelines.remove_object(before, _unwanted(before), engines=engines)
    pictures = (before, matte.data, cut_out.data, removed.data)
    for name, data in zip(NAMES, pictures, strict=True):
        default_storage.delete(_path(name))
        default_storage.save(_path(name), ContentFile(data))
    forget()


def _path(name: str) -> str:
    return f"{_FOLDER}/{name}"


def _photograph() -> bytes | None:
    """Eileen Collins by NASA, public domain, where scikit-image, which ships it, is installed."""
    spec = importlib.util.find_spec("skimage")
    folders = spec.submodule_search_locations if spec else None
    path = Path(folders[0], "data", "astronaut.png") if folders else None
    if path is None or not path.exists():
        return None
    buffer = io.BytesIO()
    with Image.open(path) as picture:
        picture.convert("RGB").save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def _unwanted(before: bytes) -> bytes:
    """A mask as a customer would paint it, roughly and generously."""
    with Image.open(io.BytesIO(before)) as picture:
        size = picture.size
    mask = Image.new("L", size, 0)
    pen = ImageDraw.Draw(mask)
    if size == scene.SIZE:
        x, y, radius = (number * size[0] for number in scene.BALL)
        pen.ellipse((x - 1.3 * radius, y - 1.3 * radius, x + 1.3 * radius, y + 1.3 * radius), 255)
    else:
        pen.polygon(_SHUTTLE, 255)
    buffer = io.BytesIO()
    mask.save(buffer, "PNG")
    return buffer.getvalue()
