"""The compatible APIs as OpenAPI, read off their field tables: used for /docs/api only."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse

from accounts.openapi import ApiKeyScheme

_REFUSALS = {
    400: "The request, an option or the picture is wrong; nothing was charged.",
    401: "Missing or invalid API key (403 where the vendor says so).",
    402: "Not enough credits.",
    403: "The key may not do this.",
    429: "Rate limit exceeded; see Retry-After.",
    503: "Busy, or no model is installed; not charged unless it says so. See Retry-After.",
}


class LegacyKeyScheme(ApiKeyScheme):  # type: ignore[no-untyped-call]
    """The same key, which `/v2` also takes from the address or a JSON body."""

    target_class = "services.dialects.backgrounderase.LegacyKeyAuthentication"
    name = "apiKeyAnywhere"


class JsonSchema(AutoSchema):
    """A read that answers with the vendor's own JSON."""

    def get_request_serializer(self) -> Any:
        return None

    def get_response_serializers(self) -> Any:
        refusals = {
            status: OpenApiResponse(OpenApiTypes.OBJECT, sentence)
            for status, sentence in _REFUSALS.items()
        }
        return {200: OpenApiResponse(OpenApiTypes.OBJECT, "In the vendor's shape."), **refusals}


class RawSchema(JsonSchema):
    """A POST with a picture under one of the view's source names, and its options."""

    def get_request_serializer(self) -> Any:
        view: Any = self.view
        names = view.sources
        texts: dict[str, Any] = {name: {"type": "string", "format": "uri"} for name in names.urls}
        texts |= {name: {"type": "string", "format": "byte"} for name in names.base64s}
        texts |= {name: {"type": "string"} for name in view.fields}
        binary = {"type": "string", "format": "binary"}
        files = dict.fromkeys((*names.files, *view.companions), binary)
        return {
            "multipart/form-data": {"type": "object", "properties": files | texts},
            "application/json": {"type": "object", "properties": texts},
        }

    def get_response_serializers(self) -> Any:
        answers = super().get_response_serializers()
        answers[(200, "image/png")] = OpenApiResponse(OpenApiTypes.BINARY, "The picture.")
        return answers
