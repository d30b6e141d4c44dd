"""Reads the parts of a v1 request; what is wrong with one becomes a BadField that says where it was."""

import re
from typing import TypeVar, cast

from django.core.files.uploadedfile import UploadedFile
from rest_framework.request import Request

from services import sources
from services.errors import BadField
from services.orders import Upload

D = TypeVar("D", bound=str | None)

MISSING = "field required"
_INTEGER = re.compile(r"[+-]?[0-9]{1,9}\Z")


def one_upload(request: Request, field: str) -> Upload:
    """Raises BadField for none, and what `optional_upload` raises."""
    upload = optional_upload(request, field)
    if upload is None:
        raise BadField(("body", field), MISSING, "missing")
    return upload


def optional_upload(request: Request, field: str) -> Upload | None:
    """Raises BadField for several, an empty file, or a text in the place of one."""
    files = cast("list[UploadedFile[bytes]]", request.FILES.getlist(field))
    loc = ("body", field)
    if not files and request.POST.get(field):
        raise BadField(loc, sources.came_as_text(field), "missing")
    if not files:
        return None
    if len(files) > 1:
        raise BadField(loc, "Send one file; the batch endpoint takes several.", "image")
    if not files[0].size:
        raise BadField(loc, "The file is empty.", "image")
    return Upload(files[0], files[0].name or "")


def uploads(request: Request, field: str) -> list[Upload]:
    """Raises BadField where there are texts in the place of files, be it one among them."""
    files = cast("list[UploadedFile[bytes]]", request.FILES.getlist(field))
    if any(request.POST.getlist(field)):
        raise BadField(("body", field), sources.came_as_text(field), "missing")
    return [Upload(file, file.name or "") for file in files]


def text(request: Request, name: str) -> tuple[str, str] | None:
    """Where an option was found ("query", else the form: "body") and what it says."""
    for place, values in (("query", request.query_params), ("body", request.POST)):
        if name in values:
            return place, values[name]
    return None


def choice(request: Request, name: str, allowed: tuple[str, ...], default: D) -> str | D:
    """Raises BadField for a word that is not one of those allowed."""
    found = text(request, name)
    if found is None:
        return default
    place, value = found
    if value not in allowed:
        raise BadField((place, name), f"{name} must be one of: {', '.join(allowed)}.", "choice")
    return value


def integer(request: Request, name: str, low: int, high: int, default: int) -> int:
    """Raises BadField for what is not a whole number from `low` to `high`."""
    found = text(request, name)
    if found is None:
        return default
    place, value = found
    if not _INTEGER.match(value) or not low <= int(value) <= high:
        message = f"{name} must be a whole number from {low} to {high}."
        raise BadField((place, name), message, "number")
    return int(value)


def wants_async(request: Request) -> bool:
    """RFC 7240; the header may list several preferences."""
    preferences = request.headers.get("Prefer", "").lower().split(",")
    return any(preference.split(";")[0].strip() == "respond-async" for preference in preferences)
