"""Requests made up from the OpenAPI document: whatever a client sends, no answer is a 5xx."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from maskr_site.wsgi import application

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("worker", "books"),
    # Schemathesis seeds the random module inside its own strategies.
    pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning"),
]
schema = schemathesis.openapi.from_wsgi("/docs/openapi", application)


@pytest.fixture
def unlimited(new_customer):
    """A customer whom no limit answers instead of the service."""
    return new_customer("unlimited@example.com", 10_000_000, rate_factor=0)


@schema.parametrize()
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_is_a_server_error(case: Any, unlimited: Any) -> None:
    response = case.call(headers={"Authorization": f"Bearer {unlimited.plaintext}"})
    assert response.status_code < 500
