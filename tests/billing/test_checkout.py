"""Packs, from the page to the credits, through the real library over HTTP."""

import pytest

from billing.models import Payment, Purchase
from tests.billing.shop import session_of


def test_a_pack_that_is_paid_brings_its_credits(shop, pack):
    shop.buy(pack)
    shop.bring()
    assert shop.balance == 100_000


def test_nothing_comes_before_stripe_tells(shop, pack):
    shop.buy(pack)
    assert shop.balance == 0


def test_a_checkout_asks_for_the_price_of_our_table(shop, pack, stripe_server):
    session = session_of(shop.go(f"buy/{pack.pk}/"))
    (told,) = stripe_server.find("checkout.session", id=session)
    assert (told["amount_total"], told["currency"]) == (5_000, "usd")


def test_a_promotion_code_lowers_the_price_and_not_the_credits(shop, pack, stripe_client):
    coupon = stripe_client.v1.coupons.create({"percent_off": 50, "duration": "once"})
    stripe_client.v1.promotion_codes.create(
        {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "HALF"}
    )
    session = session_of(shop.go(f"buy/{pack.pk}/"))
    shop.server.pay(session, promotion_code="HALF")
    shop.bring()
    assert (shop.balance, Purchase.objects.get().paid_minor) == (100_000, 2_500)


def test_tax_is_paid_on_top_and_brings_nothing_more(shop, pack, settings):
    settings.STRIPE_TAX = True
    shop.buy(pack)
    shop.bring()
    assert (shop.balance, Purchase.objects.get().paid_minor) == (100_000, 5_500)


def test_a_payment_that_takes_days_brings_them_when_it_arrives(shop, pack, stripe_server):
    session = session_of(shop.go(f"buy/{pack.pk}/"))
    stripe_server.pay(session, at_once=False)
    shop.bring()
    before = shop.balance
    stripe_server.settle(session)
    shop.bring()
    assert (before, shop.balance) == (0, 100_000)


def test_a_payment_that_fails_after_days_brings_nothing(shop, pack, stripe_server):
    session = session_of(shop.go(f"buy/{pack.pk}/"))
    stripe_server.pay(session, at_once=False)
    stripe_server.settle(session, succeeds=False)
    shop.bring()
    assert (shop.balance, Purchase.objects.get().status) == (0, "failed")


def test_an_expired_checkout_is_told_as_such(shop, pack, stripe_server):
    stripe_server.expire(session_of(shop.go(f"buy/{pack.pk}/")))
    shop.bring()
    assert Purchase.objects.get().status == "expired"


def test_a_refund_takes_the_credits_back(shop, pack, stripe_server):
    intent = shop.buy(pack)
    stripe_server.refund(intent, 1_000)
    shop.bring()
    assert shop.balance == 80_000


def test_a_refund_that_bounces_gives_them_back(shop, pack, stripe_server):
    refund = stripe_server.refund(shop.buy(pack))
    stripe_server.fail_refund(refund["id"])
    shop.bring()
    assert shop.balance == 100_000


@pytest.mark.parametrize(("won", "left"), [(True, 100_000), (False, 0)])
def test_a_dispute_takes_them_until_it_is_won(shop, pack, stripe_server, won, left):
    dispute = stripe_server.open_dispute(shop.buy(pack))
    shop.bring()
    during = shop.balance
    stripe_server.close_dispute(dispute["id"], won=won)
    shop.bring()
    assert (during, shop.balance) == (0, left)


def test_receipt_and_invoice_are_shown(shop, pack):
    shop.buy(pack)
    shop.bring()
    html = shop.page()
    assert ">Receipt<" in html and ">Invoice<" in html


def test_one_customer_is_made_at_stripe_for_all_purchases(shop, pack, stripe_server):
    shop.buy(pack)
    shop.buy(pack)
    assert len(stripe_server.find("customer")) == 1


def test_every_event_backwards_ends_alike(shop, pack, stripe_server):
    stripe_server.refund(shop.buy(pack), 1_000)
    for event in reversed(stripe_server.held()):
        body, headers = stripe_server.signed(event["id"])
        shop.client.post(
            "/billing/stripe/webhook", body, content_type="application/json", headers=headers
        )
    assert shop.balance == 80_000


def test_a_payment_is_known_by_its_purchase(shop, pack):
    intent = shop.buy(pack)
    shop.bring()
    assert Payment.objects.get().pk == intent
    assert Payment.objects.get().purchase == Purchase.objects.get()


def test_the_answer_that_was_lost_is_asked_for_again(shop, pack, stripe_server):
    stripe_server.fail("drop_after", path="/v1/checkout/sessions", method="POST")
    shop.buy(pack)
    assert len(stripe_server.find("checkout.session")) == 1


def test_a_server_of_stripes_that_is_down_charges_nobody(shop, pack, stripe_server):
    stripe_server.fail("error", path="/v1/checkout/sessions", times=10)
    response = shop.client.post(f"/account/billing/buy/{pack.pk}/", follow=True)
    assert "Nothing was charged" in response.content.decode()


def test_a_checkout_that_could_not_be_opened_is_told_as_failed(shop, pack, stripe_server):
    stripe_server.fail("error", path="/v1/checkout/sessions", status=400)
    shop.client.post(f"/account/billing/buy/{pack.pk}/")
    assert Purchase.objects.get().status == "failed"


def test_the_portal_is_opened_for_the_own_customer(shop, pack):
    shop.buy(pack)
    assert shop.go("portal/").startswith(shop.server.url)
