"""From the fields of a request, whichever way it encoded them, to the one picture that was meant."""

import base64
import binascii
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from rest_framework.exceptions import Throttled
from rest_framework.request import Request

from accounts import rates
from accounts.models import User
from services.connections import free_connection
from services.errors import BadSource, FileTooLarge, MissingSource, MultipleSources, NotFetched
from services.fetch import FetchFailed, fetch, is_http
from services.orders import Upload
from services.parsers import RawBody

FETCHES_PER_MINUTE = 30
ONE_VALUE = "expected a text, a number, true or false"
_DATA_URL = re.compile(r"data:[^,]{0,100};base64,", re.IGNORECASE)
# Line breaks of a wrapped text go; a space was a plus sign before some client failed to escape it.
_CLEANED = str.maketrans({"\r": "", "\n": "", "\t": "", " ": "+"})


@dataclass(frozen=True)
class Form:
    """The fields of a request by lower-case name. Fields of the address count where the body has none,
    or an empty one: that counts as not sent wherever it is.
    """

    texts: Mapping[str, str]
    files: Mapping[str, Upload] = field(default_factory=dict)
    raw: bytes | None = None
    is_json: bool = False
    #: Those whose value is a list or an object: wrong where a field of that name is known.
    odd: frozenset[str] = frozenset()
    #: Those that were sent more than once, each time with something in them.
    repeated: frozenset[str] = frozenset()


@dataclass(frozen=True)
class SourceNames:
    """How a dialect calls the ways a picture may come."""

    files: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    base64s: tuple[str, ...] = ()


class TooManyFetches(Throttled):
    """There may be requests left; `state` is that of the limit that was hit."""

    def __init__(self, state: rates.RateState) -> None:
        super().__init__(wait=state.reset_s)
        self.state = state
        self.sentence = (
            f"Rate limit exceeded: at most {state.limit} addresses are fetched a minute."
        )


def read_form(request: Request) -> Form:
    """Parses the body."""
    query = {name.lower(): str(text) for name, text in request.query_params.items()}
    data: Any = request.data
    if isinstance(data, RawBody):
        return Form(query, raw=bytes(data))
    if isinstance(data, MultiValueDict):
        texts = {name.lower(): _last(request.POST.getlist(name)) for name in request.POST}
        files = {name.lower(): _upload(request.FILES[name]) for name in request.FILES}
        sent = (*request.POST.lists(), *request.FILES.lists())
        return Form(_over(query, texts), files, repeated=_repeated(sent))
    values = {str(name).lower(): value for name, value in data.items() if value is not None}
    odd = frozenset(name for name, value in values.items() if isinstance(value, list | dict))
    texts = {name: _text(value) for name, value in values.items() if name not in odd}
    return Form(_over(query, texts), is_json=True, odd=odd)


def find(form: Form, names: SourceNames, max_bytes: int, fetcher: User) -> Upload | None:
    """The picture under one of `names`, fetched or decoded; None if none came.

    `fetcher` is who asks, whose limit of fetches holds. Raises MultipleSources, BadSource,
    NotFetched, FileTooLarge, or TooManyFetches.
    """
    for name in (*names.urls, *names.base64s):
        if name in form.odd:
            raise BadSource(name, ONE_VALUE)
    if form.repeated.intersection((*names.files, *names.urls, *names.base64s)):
        raise MultipleSources
    found = _different([form.files[name] for name in names.files if name in form.files])
    given = _texts_of(form, names)
    if len(found) + len(given) + (form.raw is not None and bool(form.raw)) > 1:
        raise MultipleSources
    if found:
        return found[0]
    if form.raw:
        return _in_memory(form.raw, "image", max_bytes)
    if not given:
        return None
    name = given[0]
    text = form.texts[name].strip()
    if name in names.urls:
        data = _fetched(name, text, max_bytes, fetcher)
        return Upload(ContentFile(data), "image", fetched_for=name)
    return _in_memory(_decoded(name, text), "image", max_bytes)


def missing(form: Form, names: SourceNames, what: str = "image") -> MissingSource:
    """Nothing came under any of the names: the error that says how it is sent."""
    if name := in_place_of_a_file(form, names):
        return MissingSource(came_as_text(name), came_as_text=True)
    # Further names of a kind are aliases, for clients that have them built in.
    *others, last = (kind[0] for kind in (names.files, names.urls, names.base64s) if kind)
    listed = f"{', '.join(others)} or {last}" if others else last
    return MissingSource(f"No {what} given. Send it as {listed}.")


def in_place_of_a_file(form: Form, names: SourceNames) -> str | None:
    """The field of a file that holds something else, such as the name of one."""
    wrong = (name for name in names.files if form.texts.get(name, "").strip() or name in form.odd)
    return next(wrong, None)


def came_as_text(name: str) -> str:
    """What to tell those who forgot curl's @, or sent a file's name."""
    return (
        f"{name} came as a text; send a file in a multipart form, with curl: -F {name}=@photo.jpg"
    )


def is_given(form: Form, names: SourceNames) -> bool:
    """Whether there is something under one of the names, whatever it is worth."""
    return any(name in form.files for name in names.files) or bool(_texts_of(form, names))


def _different(uploads: list[Upload]) -> list[Upload]:
    """Without copies: to be sure, some send the same file under each name that it may have."""
    if len(uploads) < 2:
        return uploads
    first: dict[bytes, Upload] = {}
    for upload in uploads:
        first.setdefault(upload.read(), upload)
    return list(first.values())


def _texts_of(form: Form, names: SourceNames) -> list[str]:
    return [name for name in (*names.urls, *names.base64s) if form.texts.get(name, "").strip()]


def _text(value: str | float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _last(values: list[Any]) -> str:
    """The last of a field's values that has something in it."""
    return next((text for value in reversed(values) if (text := str(value)).strip()), "")


def _over(query: dict[str, str], texts: dict[str, str]) -> dict[str, str]:
    return texts | query | {name: text for name, text in texts.items() if text.strip()}


def _repeated(sent: Iterable[tuple[str, list[Any]]]) -> frozenset[str]:
    times = Counter(name.lower() for name, values in sent for value in values if value)
    return frozenset(name for name, count in times.items() if count > 1)


def _upload(file: "UploadedFile[bytes]") -> Upload:
    return Upload(file, file.name or "")


def _in_memory(data: bytes, filename: str, max_bytes: int) -> Upload:
    if len(data) > max_bytes:
        raise FileTooLarge(max_bytes)
    return Upload(ContentFile(data), filename)


def _decoded(name: str, text: str) -> bytes:
    prefix = _DATA_URL.match(text)
    bare = text[prefix.end() if prefix else 0 :].translate(_CLEANED)
    # Some encoders leave the padding away, some use the alphabet of addresses.
    padded = bare.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise BadSource(name, "expected an image in base64") from None


def _fetched(name: str, url: str, max_bytes: int, fetcher: User) -> bytes:
    if not is_http(url):
        raise BadSource(name, "expected an address that begins with http:// or https://")
    limit = FETCHES_PER_MINUTE * fetcher.rate_factor
    state = rates.hit(limit, "url-fetches", str(fetcher.pk)) if limit else None
    if state and not state.is_allowed:
        raise TooManyFetches(state)
    free_connection()
    try:
        return fetch(url, max_bytes=max_bytes)
    except FetchFailed:
        raise NotFetched(name) from None
