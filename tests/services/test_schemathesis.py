"""Requests made up from the OpenAPI document: whatever a client sends, no answer is a 5xx."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from maskr_site.wsgi import application

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("worker", "books"),
]
schema = schemathesis.openapi.from_wsgi("/docs/openapi", application)


@schema.parametrize()
@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_no_request_is_a_server_error(case: Any, alice: Any) -> None:
    response = case.call(headers={"Authorization": f"Bearer {alice.plaintext}"})
    assert response.status_code < 500
