"""What a key may spend in a month."""

from datetime import UTC, datetime, timedelta
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


def test_a_job_that_is_reserved_for_again_counts_once(rich, capped):
    job = spend(rich, capped, 300)
    credits.reserve(rich, 300, job=job, api_key=capped)
    assert (caps.spent(capped), credits.balance(rich)) == (300, 9_700)


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


def rolled(key, overlap_hours: int = 24):
    return keys.roll(key, timedelta(hours=overlap_hours))[0]


def test_a_rolled_key_goes_on_with_what_the_old_one_spent(rich, capped):
    spend(rich, capped, 400)
    assert caps.spent(rolled(capped)) == 400


def test_a_rolled_key_has_no_month_of_its_own_to_spend(rich, capped):
    spend(rich, capped, 400)
    with pytest.raises(KeyCapReached):
        spend(rich, rolled(capped), 200)


def test_the_old_key_shares_the_month_with_the_new_one(rich, capped):
    new = rolled(capped)
    spend(rich, new, 400)
    with pytest.raises(KeyCapReached):
        spend(rich, capped, 200)


def test_a_key_rolled_twice_goes_on_with_the_month(rich, capped):
    spend(rich, capped, 200)
    second = rolled(capped)
    spend(rich, second, 200)
    assert caps.spent(rolled(second)) == 400


def test_what_an_old_key_gets_back_makes_room_for_the_new_one(rich, capped):
    job = spend(rich, capped, 500)
    new = rolled(capped)
    credits.release(job)
    spend(rich, new, 500)
    assert caps.spent(new) == 500


def test_what_a_new_key_gets_back_makes_room_for_the_old_one(rich, capped):
    job = spend(rich, rolled(capped), 500)
    credits.release(job)
    assert caps.allows(capped, 500)


def test_a_cap_set_after_a_roll_counts_what_the_old_key_spent(rich, free):
    spend(rich, free, 300)
    new = rolled(free)
    set_cap(new, 500)
    with pytest.raises(KeyCapReached):
        spend(rich, new, 300)


def test_what_an_old_key_spends_without_a_cap_counts_for_the_new_one(rich, capped):
    new = rolled(capped)
    capped.refresh_from_db()
    set_cap(capped, None)
    spend(rich, new, 100)
    spend(rich, capped, 400)
    assert caps.spent(new) == 500


def test_clearing_the_cap_of_an_old_key_forgets_nothing_of_the_new_one(rich, capped):
    new = rolled(capped)
    spend(rich, new, 300)
    set_cap(capped, None)
    assert caps.spent(new) == 300


def test_another_key_of_the_account_goes_on_with_nothing(rich, capped):
    spend(rich, capped, 400)
    rolled(capped)
    other = keys.create(rich, "other", monthly_credit_cap_hundredths=500)[0]
    spend(rich, other, 500)
    assert caps.spent(other) == 500


def test_a_rolled_key_begins_the_next_month_anew(rich, capped, monkeypatch):
    spend(rich, capped, 500)
    new = rolled(capped)
    later = datetime.now(UTC) + timedelta(days=32)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    spend(rich, new, 500)
    assert caps.spent(new) == 500
