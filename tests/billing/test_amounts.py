from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.amounts import (
    price_text,
    to_grouped_text,
    to_hundredths,
    to_major,
    to_minor,
    to_number,
    to_text,
)


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


#: What Stripe's API counts as 4900 of the smallest unit: https://docs.stripe.com/currencies
PRICES = [
    ("usd", "49.00 USD"),
    ("jpy", "4900 JPY"),
    ("kwd", "4.900 KWD"),
    ("ugx", "49.00 UGX"),
    ("isk", "49.00 ISK"),
]


@pytest.mark.parametrize(("currency", "text"), PRICES)
def test_tells_prices_as_stripe_counts_them(currency, text):
    assert price_text(4_900, currency) == text


@given(st.integers(0, 10**9), st.sampled_from([currency for currency, _ in PRICES]))
def test_reads_back_the_money_it_wrote(minor, currency):
    assert to_minor(to_major(minor, currency), currency) == minor
