"""The order of tests for two processes."""

from tests.order import INSTALLATIONS, LONG, in_halves

LIVE = [f"{INSTALLATIONS[0]}{number}" for number in range(3)]
FAULTS = [f"{INSTALLATIONS[1]}{number}" for number in range(2)]
OTHERS = [f"tests/site/{number}" for number in range(10)]
HALVES = in_halves([OTHERS[0], *FAULTS, *LONG, *OTHERS[1:], *LIVE], str)


def test_one_half_begins_with_installations_of_one_kind_after_those_of_the_other():
    assert HALVES[:5] == [*LIVE, *FAULTS]


def test_the_other_half_begins_with_what_takes_long():
    assert HALVES[len(HALVES) // 2] == LONG[0]


def test_others_stay_in_their_order():
    assert [name for name in HALVES if name in OTHERS] == OTHERS


def test_nothing_is_lost_where_installations_are_more_than_half():
    assert sorted(in_halves([*LIVE, *FAULTS, *OTHERS[:1]], str)) == sorted(
        [*LIVE, *FAULTS, *OTHERS[:1]]
    )
