from datetime import UTC, datetime
from uuid import uuid4

import pytest

from accounts import keys
from billing import credits
from billing.errors import InsufficientCredits, KeyCapReached
from billing.models import KeySpend, LedgerEntry

Kind = LedgerEntry.Kind


def entries(user):
    rows = LedgerEntry.objects.filter(account__user=user).order_by("pk")
    return list(rows.values_list("kind", "amount", "balance_after"))


def reserve(user, amount=300, **options):
    job = uuid4()
    credits.reserve(user, amount, job=job, **options)
    return job


def test_someone_who_never_had_credits_has_none(poor):
    assert credits.balance(poor) == 0


def test_a_grant_adds_to_the_balance(poor):
    credits.grant(poor, 250, reason="welcome")
    assert credits.balance(poor) == 250


def test_a_grant_says_why_and_by_whom(poor, rich):
    entry = credits.grant(poor, 250, reason="welcome", actor=rich)
    assert (entry.reason, entry.actor) == ("welcome", rich)


def test_a_grant_with_the_same_key_happens_once(poor):
    first, again = (credits.grant(poor, 250, reason="paid", key="pay:1") for _ in range(2))
    assert (first, credits.balance(poor)) == (again, 250)


def test_two_accounts_may_have_movements_of_the_same_key(poor, rich):
    credits.grant(rich, 250, reason="paid", key="pay:1")
    credits.grant(poor, 250, reason="paid", key="pay:1")
    assert credits.balance(poor) == 250


def test_credits_can_be_taken_back(rich):
    credits.grant(rich, -4_000, reason="mistake", kind=Kind.ADJUST)
    assert credits.balance(rich) == 6_000


def test_more_than_there_is_cannot_be_taken_back(rich):
    with pytest.raises(InsufficientCredits):
        credits.grant(rich, -10_001, reason="mistake", kind=Kind.ADJUST)


def test_a_repeated_withdrawal_is_no_error_although_the_balance_is_gone(rich):
    for _ in range(2):
        credits.grant(rich, -10_000, reason="refund", kind=Kind.ADJUST, key="refund:1")
    assert credits.balance(rich) == 0


def test_a_reservation_takes_the_price(rich):
    reserve(rich)
    assert entries(rich)[-1] == (Kind.USAGE, -300, 9_700)


def test_a_reservation_may_take_the_last_credit(rich):
    reserve(rich, 10_000)
    assert credits.balance(rich) == 0


def test_a_reservation_above_the_balance_is_refused(rich):
    with pytest.raises(InsufficientCredits):
        reserve(rich, 10_001)


def test_a_refused_reservation_leaves_no_entry(rich):
    with pytest.raises(InsufficientCredits):
        reserve(rich, 10_001)
    assert len(entries(rich)) == 1


def test_a_reservation_without_an_account_is_refused(poor):
    with pytest.raises(InsufficientCredits):
        reserve(poor)


def test_a_free_reservation_leaves_no_entry(poor):
    reserve(poor, 0)
    assert entries(poor) == []


def test_a_job_is_reserved_for_once(rich):
    job = uuid4()
    for _ in range(2):
        credits.reserve(rich, 300, job=job)
    assert credits.balance(rich) == 9_700


def test_a_release_returns_what_was_reserved(rich):
    job = reserve(rich)
    assert (credits.release(job), credits.balance(rich)) == (True, 10_000)


def test_a_release_happens_once(rich):
    job = reserve(rich)
    assert [credits.release(job), credits.release(job)] == [True, False]


def test_a_second_release_moves_nothing(rich):
    job = reserve(rich)
    credits.release(job)
    credits.release(job)
    assert credits.balance(rich) == 10_000


def test_nothing_is_released_that_was_not_reserved(rich):
    assert credits.release(uuid4()) is False


def test_every_entry_tells_the_balance_after_it(rich):
    credits.release(reserve(rich))
    assert [after for _, _, after in entries(rich)] == [10_000, 9_700, 10_000]


def test_a_key_spends_up_to_its_cap(rich, capped):
    reserve(rich, 500, api_key=capped)
    assert credits.balance(rich) == 9_500


def test_a_key_spends_no_more_than_its_cap(rich, capped):
    reserve(rich, 300, api_key=capped)
    with pytest.raises(KeyCapReached):
        reserve(rich, 300, api_key=capped)


def test_a_cap_of_zero_allows_nothing(rich):
    key, _ = keys.create(rich, "none", monthly_credit_cap_hundredths=0)
    with pytest.raises(KeyCapReached):
        reserve(rich, 1, api_key=key)


def test_the_cap_does_not_count_what_the_balance_refused(poor, rich):
    key, _ = keys.create(poor, "capped", monthly_credit_cap_hundredths=500)
    credits.grant(poor, 100, reason="little")
    with pytest.raises(InsufficientCredits):
        reserve(poor, 300, api_key=key)
    assert not KeySpend.objects.filter(spent__gt=0).exists()


def test_a_release_counts_back_on_the_cap(rich, capped):
    credits.release(reserve(rich, 500, api_key=capped))
    reserve(rich, 500, api_key=capped)
    assert KeySpend.objects.get(api_key=capped).spent == 500


def test_the_cap_begins_anew_each_month(rich, capped):
    reserve(rich, 500, api_key=capped)
    past = datetime(2020, 1, 1, tzinfo=UTC)
    KeySpend.objects.update(month=past.date())
    LedgerEntry.objects.update(created_at=past)
    reserve(rich, 500, api_key=capped)
    assert credits.balance(rich) == 9_000


def test_other_keys_of_the_account_have_no_cap(rich, capped):
    reserve(rich, 500, api_key=capped)
    reserve(rich, 500, api_key=keys.create(rich, "free")[0])
    assert credits.balance(rich) == 9_000
