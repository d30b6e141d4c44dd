"""sk-test-… keys: everything for real, nothing charged, small results, few requests."""

import pytest

from tests.conftest import SERVICE
from tests.pictures import picture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]


@pytest.fixture
def tester(new_customer):
    return new_customer("tester@example.com", 1_000, "test")


def test_charges_nothing(tester):
    assert (tester.post().json()["result"]["credits_used"], tester.balance) == (0, 1_000)


def test_needs_no_credits(new_customer):
    assert new_customer("poor@example.com", 0, "test").post().status_code == 200


def test_a_batch_charges_nothing(tester):
    answer = tester.post_batch([picture(), picture()]).json()
    assert (answer["completed"], answer["total_credits_used"]) == (2, 0)


def test_tells_the_size_of_the_original_all_the_same(tester):
    result = tester.post(picture(width=1024, height=300)).json()["result"]
    assert (result["original_width"], result["original_height"]) == (1024, 300)


def test_leaves_small_results_as_they_are(tester):
    result = tester.post(picture(width=300, height=200)).json()["result"]
    assert (result["output_width"], result["output_height"]) == (300, 200)


def test_twenty_requests_a_minute_are_allowed(tester):
    answers = [tester.api.post(SERVICE).status_code for _ in range(21)]
    assert answers == [422] * 20 + [429]


def test_a_damaged_picture_is_told_as_to_anybody(tester):
    assert tester.post(b"hello").status_code == 422
