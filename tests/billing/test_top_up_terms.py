"""Automatic top-ups charge what was agreed to, or nothing; the page and a mail say which."""

import importlib

import pytest
from django.apps import apps
from django.core import mail

from billing.amounts import to_grouped_text
from billing.models import AutoTopUp, CreditPack, TopUpAttempt
from tests.billing.test_top_ups import saved, spend, states, turn_on

__all__ = ["saved"]
FORM = "/account/billing/top-up/"
MISSING = "No card is saved."
THOUSAND = to_grouped_text(100_000)


def agree(shop, pack, **fields: str) -> str:
    """Saves the form; the page after it."""
    form = {"is_enabled": "on", "threshold": "50", "pack": pack.pk, "most_per_day": "3"}
    return shop.client.post(FORM, form | fields, follow=True).content.decode()


@pytest.fixture
def agreed(saved, pack):
    """A card is saved, and the pack was agreed to at 50 dollars for a thousand credits."""
    agree(saved, pack)
    return saved


def change(pack: CreditPack, **terms: int | str) -> None:
    CreditPack.objects.filter(pk=pack.pk).update(**terms)


DEARER = pytest.mark.parametrize(
    "terms",
    [{"price_minor": 5_001}, {"credits": 99_999}, {"currency": "eur"}],
    ids=["price", "fewer credits", "currency"],
)


def test_without_a_card_the_page_says_that_one_is_missing_and_how_to_add_it(shop, pack):
    page = agree(shop, pack)
    assert (MISSING in page, "Add one in the customer portal" in page) == (True, True)


def test_without_a_card_it_is_not_told_to_be_on(shop, pack):
    assert "Automatic top-up is on." not in agree(shop, pack)


def test_a_customer_of_stripes_without_a_card_is_told_so(shop, pack):
    shop.buy(pack)  # the card is not kept
    assert MISSING in agree(shop, pack)


def test_with_a_card_it_is_on_and_nothing_is_missing(saved, pack):
    page = agree(saved, pack)
    assert ("Automatic top-up is on." in page, MISSING in page) == (True, False)


def test_turned_off_no_card_is_missing(shop, pack):
    assert MISSING not in agree(shop, pack, is_enabled="")


def test_while_stripe_does_not_answer_no_card_is_said_to_be_missing(agreed, settings):
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    assert MISSING not in agreed.page()


def test_the_page_shows_the_price_that_was_agreed_to(agreed):
    assert f"at most 50.00 USD for {THOUSAND} credits each time" in agreed.page()


@DEARER
def test_a_dearer_pack_is_not_charged(agreed, pack, terms):
    change(pack, **terms)
    spend(agreed.user, 0)
    agreed.run_errands()
    assert states() == []


def test_a_cheaper_pack_is_charged_at_its_price(agreed, pack):
    change(pack, price_minor=4_000)
    spend(agreed.user, 0)
    assert TopUpAttempt.objects.get().purchase.price_minor == 4_000


@DEARER
def test_the_page_says_that_the_pack_is_dearer(agreed, pack, terms):
    change(pack, **terms)
    page = agreed.page()
    assert (f"You agreed to 50.00 USD for {THOUSAND} credits." in page, "On: at most" in page) == (
        True,
        False,
    )


def test_a_mail_tells_of_the_dearer_pack_once(agreed, pack):
    change(pack, price_minor=6_000)
    for _ in range(2):
        agreed.run_errands()
    (sent,) = mail.outbox
    assert (sent.to, "60.00 USD for 1000 credits" in sent.body) == (["poor@example.com"], True)


def test_no_mail_tells_of_a_dearer_pack_to_who_turned_it_off(agreed, pack):
    agree(agreed, pack, is_enabled="")
    change(pack, price_minor=6_000)
    agreed.run_errands()
    assert mail.outbox == []


def test_who_agrees_again_is_charged_the_new_price(agreed, pack):
    change(pack, price_minor=6_000)
    agreed.run_errands()
    agree(agreed, pack)
    spend(agreed.user, 0)
    agreed.run_errands()
    agreed.bring()
    assert (states(), TopUpAttempt.objects.get().purchase.price_minor) == (["succeeded"], 6_000)


def test_who_agreed_again_is_told_of_the_next_rise(agreed, pack):
    for price in (6_000, 7_000):
        change(pack, price_minor=price)
        agreed.run_errands()
        agree(agreed, pack)
    assert [("60.00" in sent.body, "70.00" in sent.body) for sent in mail.outbox] == [
        (True, False),
        (True, True),
    ]


def test_a_pack_that_is_no_longer_sold_is_told_on_the_page(agreed, pack):
    CreditPack.objects.create(name="Other", credits=1, price_minor=1)
    change(pack, is_active=False)
    assert "Thousand is no longer on sale." in agreed.page()


def test_the_agreed_price_of_a_wish_of_an_older_release_is_not_known(poor, pack):
    turn_on(poor, pack)
    assert AutoTopUp.objects.get().agreed_price == ""


def test_a_wish_of_an_older_release_is_agreed_to_at_todays_price(poor, pack):
    turn_on(poor, pack)
    importlib.import_module("billing.migrations.0017_agreed_terms").agree(apps, None)
    wish = AutoTopUp.objects.get()
    assert (wish.agreed_price, wish.agreed_credits) == ("50.00 USD", 100_000)
