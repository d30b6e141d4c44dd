"""The compatible APIs as OpenAPI, read off their views and field tables: used for /docs/api only."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse

from accounts.openapi import ApiKeyScheme
from services import schemas

_REFUSALS = {
    400: "The request, an option or the picture is wrong.",
    401: "Missing or invalid API key.",
    402: "Not enough credits.",
    403: "The key may not do this.",
    405: "Method not allowed.",
    406: "The Accept header allows nothing that there is.",
    408: "The request did not arrive in time.",
    409: "The first request with this Idempotency-Key is still running.",
    410: "The result was deleted after its retention time.",
    413: "The picture is larger than the limit.",
    415: "A body of a type that is not accepted.",
    422: "The Idempotency-Key was used with another request.",
    429: "Rate limit exceeded; see Retry-After.",
    500: "Our fault; not charged.",
    503: "Busy, or no model is installed; not charged unless it says so. See Retry-After.",
}
_OF_READS = frozenset({401, 403, 405, 429, 500, 503})
#: Texts that no option takes, the first that is refused tells what is expected instead.
_WRONG = ("1 2 3", "?")


class LegacyKeyScheme(ApiKeyScheme):  # type: ignore[no-untyped-call]
    """The same key, which `/v2` also takes from the address or a JSON body."""

    target_class = "services.dialects.backgrounderase.LegacyKeyAuthentication"
    name = "apiKeyAnywhere"


class DialectSchema(AutoSchema):
    """Lists each operation under the name of its dialect."""

    def get_tags(self) -> list[str]:
        view: Any = self.view
        return [view.vendor]


class JsonSchema(DialectSchema):
    """A read that answers with the vendor's own JSON."""

    statuses = _OF_READS

    def get_request_serializer(self) -> Any:
        return None

    def get_response_serializers(self) -> Any:
        view: Any = self.view
        statuses = (self.statuses | view.also_answers) - view.never_answers
        return {
            (200, "application/json"): OpenApiResponse(view.json, "In the vendor's shape."),
            **{status: OpenApiResponse(view.refusal, _REFUSALS[status]) for status in statuses},
        }


class RawSchema(JsonSchema):
    """A POST with a picture under one of the view's source names, and its options."""

    statuses = frozenset(_REFUSALS) - {406}

    def get_override_parameters(self) -> list[Any]:
        return [schemas.IDEMPOTENCY_KEY]

    def get_request_serializer(self) -> Any:
        view: Any = self.view
        names = view.sources
        texts: dict[str, Any] = {name: {"type": "string", "format": "uri"} for name in names.urls}
        texts |= {name: {"type": "string", "format": "byte"} for name in names.base64s}
        texts |= {name: _option(field.parse) for name, field in view.fields.items()}
        binary = {"type": "string", "format": "binary"}
        files = dict.fromkeys((*names.files, *view.companions), binary)
        return {
            "multipart/form-data": {"type": "object", "properties": files | (texts | files)},
            "application/json": {"type": "object", "properties": texts},
        }

    def get_response_serializers(self) -> Any:
        view: Any = self.view
        answers = super().get_response_serializers()
        if view.json is None:
            del answers[(200, "application/json")]
        picture = OpenApiResponse(OpenApiTypes.BINARY, "The picture.")
        return {(200, kind): picture for kind in view.media_types} | answers


def _option(parse: Callable[[str], Any]) -> dict[str, str]:
    """A text, described by what a wrong one is answered with."""
    for text in _WRONG:
        try:
            parse(text)
        except ValueError as error:
            return {"type": "string", "description": str(error).removeprefix("expected ")}
    return {"type": "string"}
