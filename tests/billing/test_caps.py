"""What a key may spend in a month."""

from uuid import uuid4

import pytest

from accounts import keys
from billing import caps, credits
from billing.errors import KeyCapReached


@pytest.fixture
def free(rich):
    """A key without a cap."""
    return keys.create(rich, "free")[0]


def spend(user, key, amount: int):
    job = uuid4()
    credits.reserve(user, amount, job=job, api_key=key)
    return job


def test_what_a_key_spent_is_known_without_a_cap(rich, free):
    spend(rich, free, 300)
    assert caps.spent(free) == 300


@pytest.mark.parametrize(("amount", "is_allowed"), [(200, True), (201, False)])
def test_allows_what_is_left_and_no_more(rich, capped, amount, is_allowed):
    spend(rich, capped, 300)
    assert caps.allows(capped, amount) == is_allowed


def test_without_a_cap_everything_is_allowed(free):
    assert caps.allows(free, 10**9)


def test_what_is_given_back_does_not_count(rich, free):
    credits.release(spend(rich, free, 300))
    assert caps.spent(free) == 0


def test_a_cap_set_within_the_month_counts_what_was_spent_before(rich, free):
    spend(rich, free, 300)
    free.monthly_credit_cap_hundredths = 500
    free.save()
    with pytest.raises(KeyCapReached):
        spend(rich, free, 300)
    assert caps.spent(free) == 300


def test_what_another_key_spent_does_not_count(rich, free, capped):
    spend(rich, free, 300)
    assert caps.spent(capped) == 0


def test_what_is_given_back_to_one_key_makes_no_room_for_another(rich, capped):
    other = keys.create(rich, "other", monthly_credit_cap_hundredths=500)[0]
    spend(rich, capped, 300)
    credits.release(spend(rich, other, 300))
    assert caps.spent(capped) == 300


def test_a_cap_counts_its_own(rich, capped):
    spend(rich, capped, 300)
    assert caps.spent(capped) == 300


def set_cap(key, cap: int | None) -> None:
    keys.change(
        key,
        name=key.name,
        scopes=[],
        expires_at=None,
        allowed_ips=[],
        monthly_credit_cap_hundredths=cap,
    )


def test_a_cap_that_is_cleared_and_set_again_counts_what_was_spent_meanwhile(rich, capped):
    spend(rich, capped, 300)
    set_cap(capped, None)
    spend(rich, capped, 150)
    set_cap(capped, 500)
    with pytest.raises(KeyCapReached):
        spend(rich, capped, 100)
    assert caps.spent(capped) == 450


def test_what_was_spent_without_a_cap_and_is_given_back_makes_no_room(rich, capped):
    spend(rich, capped, 500)
    set_cap(capped, None)
    uncapped = spend(rich, capped, 300)
    set_cap(capped, 500)
    credits.release(uncapped)
    assert caps.spent(capped) == 500


def test_without_its_cap_what_a_key_spent_is_known_still(rich, capped):
    spend(rich, capped, 300)
    set_cap(capped, None)
    spend(rich, capped, 100)
    assert caps.spent(capped) == 400


def test_the_page_of_keys_asks_once_for_all_of_them(client, rich, django_assert_max_num_queries):
    for number in range(20):
        keys.create(rich, f"key {number}", monthly_credit_cap_hundredths=500)
    client.force_login(rich, backend="django.contrib.auth.backends.ModelBackend")
    with django_assert_max_num_queries(12):
        html = client.get("/account/keys/").content.decode()
    assert html.count("0 of 5 credits this month") == 20
