"""The view every dialect shares: limits and rights before the body, one error path after it.

A dialect says how a request is read and how outcomes and errors look. What happened, it is told.
"""

import logging
import math
from collections.abc import Iterable
from typing import Any, ClassVar, cast
from uuid import UUID

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError
from django.http import Http404, HttpResponseBase
from django.http.request import UnreadablePostError
from rest_framework import exceptions
from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import INVALID_KEY, HasScope
from accounts.models import ApiKey, User
from accounts.throttling import KeyRateThrottle
from inference.errors import InferenceError
from services import admission, storing, turned_away, waiting
from services.errors import (
    ApiError,
    BadRequest,
    CodedBody,
    FileTooLarge,
    NotFound,
    Unavailable,
    UploadTooSlow,
)
from services.jobs import Customer
from services.placing import Recorder
from services.uploads import UploadLimits, check_coding
from services.vendor_answers import Shape
from services.vendor_schemas import DialectSchema

logger = logging.getLogger(__name__)
_NO_BOUNDARY = (
    "The Content-Type header has no boundary. Let your HTTP client write that header of a form."
)
#: As nginx counts those; no client gets it.
_CLIENT_GONE = 499
_DATABASE_AWAY = "The database is not reachable. With an Idempotency-Key it is safe to try again."


class IgnoreAccept(BaseContentNegotiation):
    """What is answered follows from the path: `Accept: image/png` on a JSON API is no error."""

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        return DefaultContentNegotiation().select_parser(request, list(parsers))

    def select_renderer(
        self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None
    ) -> tuple[Any, str]:
        first = next(iter(renderers))
        return first, first.media_type


class DialectView(APIView):
    """Subclasses set the class attributes and implement `render_error`."""

    content_negotiation_class = IgnoreAccept

    permission_classes = [IsAuthenticated, HasScope]
    throttle_classes = [KeyRateThrottle]
    rate_scope: ClassVar[str]
    rate_per_minute: ClassVar[int]
    required_scope: ClassVar[str | None]
    upload_limits: ClassVar[UploadLimits | None] = None
    #: Where the vendor's clients send the key, to be told of it; it may come in any that is known.
    key_header: ClassVar[str] = "X-Api-Key"
    #: Which queue the view's work waits in; views without uploads place none.
    is_batch: ClassVar[bool] = False
    schema = DialectSchema()
    #: For /docs/api: what the dialect is called.
    vendor: ClassVar[str]
    #: And how it refuses: in which shape, and with which statuses beside or without the usual ones.
    refusal: ClassVar[Shape]
    also_answers: ClassVar[frozenset[int]] = frozenset()
    never_answers: ClassVar[frozenset[int]] = frozenset()

    @property
    def takes_base64(self) -> bool:
        """Whether a picture may come as text, which is a third longer than a file of it."""
        return False

    def render_error(self, error: ApiError) -> Response:
        raise NotImplementedError

    def dispatch(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(*args, **kwargs)
        finally:
            waiting.leave()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if self.upload_limits and (key := turned_away.key_of(request)):
            self._turn_away_again(request, key)
        # Authentication, permissions and throttles come first: none of them reads the body.
        super().initial(request, *args, **kwargs)
        if self.upload_limits:
            check_coding(request._request)
            self.upload_limits.check_promise(request._request, takes_base64=self.takes_base64)
            self._let_in(request)
            request._request.upload_limits = self.upload_limits  # type: ignore[attr-defined]

    def _turn_away_again(self, request: Request, key: ApiKey) -> None:
        """Raises Unavailable while there is no room; else the request is one like any other."""
        try:
            self._check_room(request, key.user_id)
        except Unavailable:
            turned_away.recognise(request, key)
            self.check_throttles(request)
            raise

    def _let_in(self, request: Request) -> None:
        try:
            self._check_room(request, self.customer(request).user.pk)
        except Unavailable:
            turned_away.remember(request)
            raise

    def _check_room(self, request: Request, owner_id: int) -> None:
        admission.check(owner_id, in_batches=self.is_batch, will_wait=self.will_wait(request))
        waiting.come(owner_id)

    def is_gone(self, request: Request) -> bool:
        """Whether the client has hung up, where the server lets us see its connection."""
        return waiting.hung_up(request.META.get("gunicorn.socket"))

    def with_a_place(self, request: Request, record: Recorder) -> Recorder:
        """Records, and has a thread to wait with, or nothing is placed: raises Unavailable then."""

        def take_and_record(work: UUID) -> None:
            if self.will_wait(request):
                admission.take_place(self.customer(request).user.pk, in_batches=self.is_batch)
            record(work)

        return take_and_record

    def will_wait(self, request: Request) -> bool:
        """Whether the answer is kept until the work is done; told before the body is read."""
        return True

    def handle_exception(self, exc: Exception) -> Response:
        """The dialect's boundary: whatever was raised becomes an answer in its shape."""
        if isinstance(exc, waiting.ClientGone):
            return Response(status=_CLIENT_GONE)  # for the log alone
        if isinstance(exc, exceptions.APIException):
            error = self._from_drf(exc)
        else:
            error = _from_anything(exc)
        # Half a character, as "\ud800" in JSON, is text to Python and cannot be sent.
        error.message = error.message.encode("utf-8", "replace").decode()
        response = self.render_error(error)
        if error.retry_after_s is not None:
            response["Retry-After"] = str(error.retry_after_s)
        if isinstance(error, CodedBody):
            response["Accept-Encoding"] = (
                "identity"  # what would have been taken (RFC 9110, 15.5.16)
            )
        if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
            response["WWW-Authenticate"] = self.get_authenticate_header(self.request)
        response.exception = True
        return response

    def _from_drf(self, exc: exceptions.APIException) -> ApiError:
        error = ApiError(str(exc.detail))
        error.status = exc.status_code
        error.code = str(exc.get_codes()) if isinstance(exc.get_codes(), str) else "bad_request"
        match exc:
            case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
                # The same for a missing one as for a wrong one.
                error.message = INVALID_KEY.replace("Authorization", self.key_header)
            case exceptions.Throttled():
                error.message = getattr(exc, "sentence", "Rate limit exceeded.")
                error.retry_after_s = max(1, math.ceil(getattr(exc, "wait", None) or 1))
            case exceptions.UnsupportedMediaType():
                accepted = " or ".join(str(parser.media_type) for parser in self.parser_classes)
                error.message = f"{error.message} Send {accepted}."
            case exceptions.ParseError() if _lacks_boundary(self.request.content_type):
                error.message = _NO_BOUNDARY
        return error

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        # Balances, addresses and links: caches know nothing of the headers that keys come in.
        answer.headers.setdefault("Cache-Control", "private, no-store")
        return answer

    def customer(self, request: Request) -> Customer:
        key = request.auth if isinstance(request.auth, ApiKey) else None
        request_id = getattr(request._request, "request_id", "")
        return Customer(cast(User, request.user), key, request_id)


def _lacks_boundary(content_type: str) -> bool:
    """A form whose header was written by hand: only the client knows where the parts end."""
    return content_type.startswith("multipart/") and "boundary=" not in content_type


def _from_anything(exc: Exception) -> ApiError:
    match exc:
        case ApiError():
            return exc
        case Http404():
            return NotFound()
        case UnreadablePostError():
            return UploadTooSlow()
        case RequestDataTooBig():
            return FileTooLarge(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        case SuspiciousOperation():
            return BadRequest("The request has too many fields or files.")
        case RecursionError() | UnicodeError():
            return BadRequest("The body cannot be parsed.")
        case DatabaseError():
            logger.exception("database error")
            # Whether the last transaction was committed is not always known.
            return Unavailable(_DATABASE_AWAY)
        case _ if storing.is_trouble(exc):
            logger.exception("storage error")
            return Unavailable()
        case InferenceError():
            logger.exception("an inference error was not translated")
        case _:
            logger.exception("unexpected error")
    return ApiError()
