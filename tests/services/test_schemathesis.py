"""Requests made up from the OpenAPI document: whatever a client sends, no answer is a 5xx, and each
is of a status, a type and a shape that the document tells."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from maskr_site.wsgi import application

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("worker", "books"),
    # Schemathesis seeds the random module inside its own strategies.
    pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning"),
]
CONFORMANCE = [status_code_conformance, content_type_conformance, response_schema_conformance]
schema = schemathesis.openapi.from_wsgi("/docs/openapi", application)


@pytest.fixture
def unlimited(new_customer):
    """A customer whom no limit answers instead of the service."""
    return new_customer("unlimited@example.com", 10_000_000, rate_factor=0)


@schema.parametrize()
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_described_and_none_a_server_error(case: Any, unlimited: Any) -> None:
    response = case.call(headers={"Authorization": f"Bearer {unlimited.plaintext}"})
    assert response.status_code < 500
    case.validate_response(response, checks=CONFORMANCE)
