"""Nothing that the API has is missing from the documents: endpoints, options, errors, headers."""

import ast
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from accounts.models import ApiKey
from maskr_site.docs import facts
from maskr_site.docs.contents import PAGES
from services.dialects import backgrounderase, photoroom, poof, removebg
from services.errors import (
    ApiError,
    IdempotencyConflict,
    IdempotencyMismatch,
    ResultAway,
    Unavailable,
    UploadTooSlow,
)
from services.outgoing import endpoints, signing
from services.outgoing.names import EventType
from tests.settings import ROOT

pytestmark = pytest.mark.django_db
#: Where each endpoint's options are listed; those of other vendors stand on one page.
HOMES = {
    "/v1/services/background-removal": "background-removal",
    "/v1/services/object-extraction": "object-extraction",
    "/v1/services/object-removal": "object-removal",
    "/v1/services/image-segmentation": "image-segmentation",
    "/v2": "v2",
    "/v1/remove": "v1-remove",
    "/v1/files/{job_id}": "results",
    "/v1/jobs/{job_id}": "async",
    "/v1/batches/{batch_id}": "async",
}
LOOK_UPS = {"/v1/jobs/{job_id}", "/v1/batches/{batch_id}"}
#: Options that a vendor's page abbreviates: stroke_… and shadow….
ABBREVIATED = re.compile(r"^(stroke_|shadow)")


@pytest.fixture(scope="module")
def schema():
    return SchemaGenerator().get_schema(public=True)


@pytest.fixture
def words(document):
    """Everything in code type on a page."""

    def find(slug: str) -> set[str]:
        codes = re.findall(r"<code>(.*?)</code>", document(slug).html, re.DOTALL)
        plain = (unescape(re.sub(r"<[^>]+>", "", code)) for code in codes)
        return {word for code in plain for word in re.findall(r"[\w.-]+", code)}

    return find


def options(schema) -> Iterator[tuple[str, str]]:
    """Every endpoint with each of its fields, parameters and headers."""
    for path, methods in schema["paths"].items():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] != "path":
                    yield path, parameter["name"]
            for media in operation.get("requestBody", {}).get("content", {}).values():
                for name in properties(schema, media["schema"]):
                    yield path, name


def properties(schema, found) -> list[str]:
    if "$ref" in found:
        found = schema["components"]["schemas"][found["$ref"].rpartition("/")[2]]
    return list(found.get("properties", ()))


def test_every_endpoint_is_documented(schema, document):
    text = "\n".join(document(slug).html for slug in PAGES)
    public = [path for path in schema["paths"] if path.startswith(("/v", "/tools", "/remove"))]
    assert [path for path in public if path not in text] == []


def test_every_vendor_has_options(schema):
    assert {path for path, _ in options(schema)} >= {*HOMES, "/v1.0/removebg"} - LOOK_UPS


def test_every_option_is_documented_where_its_endpoint_is(schema, words):
    known = {slug: words(slug) for slug in PAGES}
    missing = {
        (path, name)
        for path, name in options(schema)
        if path.startswith(("/v", "/tools", "/remove", "/cleanup"))
        and not ABBREVIATED.match(name)
        and name not in known[HOMES.get(path.removesuffix("/batch"), "switching")]
    }
    assert missing == set()


def causes(cause: type[ApiError]) -> Iterator[type[ApiError]]:
    yield cause
    for narrower in cause.__subclasses__():
        yield from causes(narrower)


def test_every_cause_of_an_error_is_listed(words):
    listed = words("errors")
    assert [cause.code for cause in causes(ApiError) if cause.code not in listed] == []


def test_every_listed_cause_has_a_sentence_of_its_own():
    rows = [row for row in facts.known_errors() if row.code != "internal_error"]
    assert [row.code for row in rows if row.message == ApiError.message] == []


def test_a_code_with_two_sentences_is_listed_with_both():
    sentences = {row.message for row in facts.known_errors() if row.code == "unavailable"}
    assert sentences == {Unavailable.message, ResultAway.message}


@pytest.mark.parametrize("slug", ["v2", "v1-remove"])
@pytest.mark.parametrize("cause", [UploadTooSlow, IdempotencyConflict, IdempotencyMismatch])
def test_a_cause_of_every_address_is_listed_with_the_raw_bytes(slug, cause, words):
    assert cause.code in words(slug)


@pytest.mark.parametrize(
    ("slug", "codes"),
    [
        ("v2", {code for _, code in backgrounderase._CODES.values()}),
        ("v2", set(backgrounderase._BY_STATUS.values())),
        ("v1-remove", {code for _, code in poof._CODES.values()}),
        ("v1-remove", set(poof._BY_STATUS.values())),
        ("errors", {code for _, code, _ in removebg._ERRORS.values()}),
        ("errors", set(removebg._BY_STATUS.values())),
        ("errors", {code for row in removebg._BY_FIELD.values() for code in row.values()}),
        ("errors", set(photoroom._TYPES.values())),
    ],
    ids=[
        "v2",
        "v2-status",
        "poof",
        "poof-status",
        "removebg",
        "removebg-status",
        "fields",
        "types",
    ],
)
def test_every_code_of_a_vendor_is_documented(slug, codes, words):
    assert sorted(codes - words(slug)) == []


def kinds_of_wrong_fields() -> Iterator[str]:
    """The last word of every BadField(…, "kind") and BadInput(…, "kind") in the source."""
    for path in (ROOT / "services").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("BadField", "BadInput"):
                last = node.args[-1]
                if isinstance(last, ast.Constant):
                    yield str(last.value)


def test_every_type_of_a_wrong_field_is_documented(words):
    kinds = set(kinds_of_wrong_fields())
    assert kinds >= {"missing", "image", "choice"}
    assert {kind for kind in kinds if f"value_error.{kind}" not in words("errors")} == set()


@pytest.mark.parametrize("event", EventType.values)
def test_every_event_is_documented(event, words):
    assert event in words("webhooks")


def test_the_verification_that_is_shown_accepts_what_is_sent(document, alice):
    """The snippet's function against the product's own signature."""
    code = next(s.code for s in document("webhooks").snippets if s.language == "python")
    namespace: dict[str, Any] = {}
    exec(code, namespace)  # noqa: S102  # it is ours
    endpoint = endpoints.create(alice.user, "https://example.com/hook", [EventType.JOB_COMPLETED])
    header = signing.signature(endpoint, b"{}")
    assert namespace["is_from_maskr"](signing.secret_of(endpoint), header, b"{}")
    assert not namespace["is_from_maskr"](signing.secret_of(endpoint), header, b"{ }")


def test_every_scope_is_documented(document):
    html = document("authentication").html
    assert [scope for scope in ApiKey.Scope.values if f"<code>{scope}</code>" not in html] == []


def test_every_price_is_documented(document, monkeypatch):
    from billing import prices

    known = dict.fromkeys(prices.DEFAULT_PRICES, 0)
    distinct = {name: 77_000 + 100 * place for place, name in enumerate(known)}
    monkeypatch.setattr(prices, "price_list", lambda: distinct)
    html = document("credits").html
    assert [name for name, price in distinct.items() if str(price // 100) not in html] == []


def test_every_rate_is_documented(document):
    html = document("rate-limits").html
    assert all(
        f'<code>{endpoint.path}</code></th>\n<td data-label="Requests a minute">{endpoint.per_minute}<'
        in html
        for endpoint in facts.endpoints()
    )
