from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.amounts import to_grouped_text, to_hundredths, to_number, to_text


@pytest.mark.parametrize(("credits", "hundredths"), [("2.5", 250), (3, 300), ("-0.01", -1)])
def test_counts_in_hundredths(credits, hundredths):
    assert to_hundredths(credits) == hundredths


def test_refuses_what_is_finer_than_a_hundredth():
    with pytest.raises(ValueError, match="hundredths"):
        to_hundredths("0.001")


@pytest.mark.parametrize(("hundredths", "number"), [(300, 3), (25, 0.25), (0, 0)])
def test_says_whole_credits_as_integers(hundredths, number):
    assert (to_number(hundredths), type(to_number(hundredths))) == (number, type(number))


@pytest.mark.parametrize(
    ("hundredths", "text"), [(300, "3"), (25, "0.25"), (-150, "-1.50"), (-300, "-3")]
)
def test_writes_amounts_for_people(hundredths, text):
    assert to_text(hundredths) == text


@pytest.mark.parametrize(
    ("hundredths", "text"),
    [
        (300, "3"),
        (25, "0.25"),
        (-50, "-0.50"),
        (99_900, "999"),
        (124_050, "1 240.50"),
        (-123_456_789, "-1 234 567.89"),
    ],
)
def test_groups_thousands_on_pages(hundredths, text):
    assert to_grouped_text(hundredths).replace("\N{NARROW NO-BREAK SPACE}", " ") == text


@given(st.integers(-(10**12), 10**12))
def test_reads_back_what_it_wrote(hundredths):
    assert to_hundredths(Decimal(to_text(hundredths))) == hundredths
