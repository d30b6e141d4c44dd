"""Counts of a day: for what is given away, and looked at before it is."""

from accounts import rates


def test_a_day_allows_so_many():
    states = [rates.hit_of_day(2, "gifts", "192.0.2.0/24") for _ in range(3)]
    assert [state.is_allowed for state in states if state] == [True, True, False]


def test_looking_counts_nothing():
    for _ in range(5):
        rates.of_day(2, "gifts", "192.0.2.0/24")
    state = rates.of_day(2, "gifts", "192.0.2.0/24")
    assert state == rates.RateState(2, 2, state.reset_s, True) if state else False


def test_looking_sees_what_was_counted():
    rates.hit_of_day(2, "gifts", "192.0.2.0/24")
    state = rates.of_day(2, "gifts", "192.0.2.0/24")
    assert state and (state.remaining, state.is_allowed) == (1, True)


def test_a_day_is_not_over_in_a_minute():
    state = rates.hit_of_day(1, "gifts", "192.0.2.0/24")
    assert state and state.reset_s > 80_000


def test_a_day_and_a_minute_are_counted_apart():
    rates.hit(1, "gifts", "192.0.2.0/24")
    state = rates.of_day(1, "gifts", "192.0.2.0/24")
    assert state and state.is_allowed


def test_nothing_is_known_without_the_counter(settings, monkeypatch):
    monkeypatch.setattr(rates, "_complained_at", float("-inf"))
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert rates.of_day(1, "gifts", "192.0.2.0/24") is None
