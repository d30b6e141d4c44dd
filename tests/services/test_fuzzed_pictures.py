"""Damaged pictures, drawn at random: an answer in the contract's shape, and a charge only for a result."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.pictures import picture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]
WHOLE = [picture("JPEG"), picture("PNG"), picture("WEBP", lossless=True)]


@st.composite
def damaged(draw) -> bytes:
    """A picture with some bytes changed, and perhaps its end cut off."""
    data = bytearray(draw(st.sampled_from(WHOLE)))
    for _ in range(draw(st.integers(0, 5))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(0, len(data)))])


@pytest.fixture
def rich(new_customer):
    return new_customer("rich@example.com", 1_000_000, rate_factor=0)


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=damaged())
def test_a_damaged_picture_is_served_or_refused_and_charged_accordingly(rich, data):
    before = rich.balance
    status = rich.post(data).status_code
    assert (status, before - rich.balance) in {(200, 300), (422, 0)}
