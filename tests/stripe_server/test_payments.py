"""Charges of saved cards, refunds and disputes."""

from typing import Any

import pytest
import stripe

from tests.stripe_server.resources import cards


@pytest.fixture
def charge_again(stripe_client, customer):
    """An automatic top-up: the customer is not there."""

    def charge(method: str, **changes) -> stripe.PaymentIntent:
        return stripe_client.v1.payment_intents.create(
            {
                "amount": 4900,
                "currency": "usd",
                "customer": customer.id,
                "payment_method": method,
                "off_session": True,
                "confirm": True,
            }
            | changes
        )

    return charge


@pytest.fixture
def saved(stripe_server, stripe_client, checkout):
    """Saves a test card and returns its payment method."""

    def save(number: str) -> str:
        session = checkout(mode="setup", currency="usd", line_items=None)
        done = stripe_server.pay(session.id, number)
        intent = stripe_client.v1.setup_intents.retrieve(done["setup_intent"])
        return intent.payment_method

    return save


def test_a_saved_card_can_be_charged(charge_again, saved):
    intent = charge_again(saved(cards.GOOD))
    assert (intent.status, intent.amount_received) == ("succeeded", 4900)


def test_a_declining_card_is_a_card_error(charge_again, saved):
    method = saved(cards.DECLINED_WHEN_CHARGED)
    with pytest.raises(stripe.CardError) as caught:
        charge_again(method)
    assert (caught.value.http_status, caught.value.code) == (402, "card_declined")


def test_a_card_error_names_its_payment_intent(stripe_client, charge_again, saved):
    method = saved(cards.DECLINED_WHEN_CHARGED)
    with pytest.raises(stripe.CardError) as caught:
        charge_again(method, metadata={"purchase": "7"})
    body: Any = caught.value.json_body
    intent = stripe_client.v1.payment_intents.retrieve(body["error"]["payment_intent"]["id"])
    assert (intent.status, intent.metadata["purchase"]) == ("requires_payment_method", "7")


def test_a_failed_payment_tells(stripe_server, charge_again, saved):
    method = saved(cards.DECLINED_WHEN_CHARGED)
    with pytest.raises(stripe.CardError):
        charge_again(method)
    (event,) = stripe_server.events("payment_intent.payment_failed")
    assert event["data"]["object"]["last_payment_error"]["decline_code"] == "generic_decline"


def test_a_card_that_asks_its_owner_cannot_be_charged_alone(charge_again, saved):
    method = saved(cards.ASKS_ITS_OWNER)
    with pytest.raises(stripe.CardError) as caught:
        charge_again(method)
    assert caught.value.code == "authentication_required"


def test_a_card_that_asks_its_owner_pays_at_checkout(stripe_server, checkout):
    assert stripe_server.pay(checkout().id, cards.ASKS_ITS_OWNER)["payment_status"] == "paid"


def test_a_card_that_is_declined_cannot_be_saved(saved):
    with pytest.raises(Exception, match="declined"):
        saved(cards.DECLINED)


def test_the_next_charge_can_be_made_to_fail(stripe_server, charge_again, saved):
    method = saved(cards.GOOD)
    stripe_server.decline_next(decline_code="insufficient_funds")
    with pytest.raises(stripe.CardError, match="insufficient funds"):
        charge_again(method)
    assert charge_again(method).status == "succeeded"


def test_a_card_of_somebody_else_is_refused(stripe_client, charge_again, saved):
    method = saved(cards.GOOD)
    other = stripe_client.v1.customers.create({}).id
    with pytest.raises(stripe.InvalidRequestError, match="another customer"):
        charge_again(method, customer=other)


def test_a_payment_without_a_card_cannot_be_confirmed(stripe_client):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe_client.v1.payment_intents.create({"amount": 900, "currency": "usd", "confirm": True})
    assert caught.value.code == "payment_intent_unexpected_state"


def test_a_test_card_can_be_attached(stripe_client, customer):
    method = stripe_client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    assert method.customer == customer.id


def test_a_detached_card_is_listed_no_more(stripe_client, customer):
    method = stripe_client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    stripe_client.v1.payment_methods.detach(method.id)
    assert stripe_client.v1.payment_methods.list({"customer": customer.id}).data == []


def test_a_refund_gives_everything_back(stripe_server, stripe_client, paid):
    stripe_client.v1.refunds.create({"payment_intent": paid.id})
    (charge,) = stripe_server.find("charge")
    assert (charge["refunded"], charge["amount_refunded"]) == (True, 4900)


def test_a_partial_refund_leaves_the_rest(stripe_server, stripe_client, paid):
    stripe_client.v1.refunds.create({"payment_intent": paid.id, "amount": 900})
    (charge,) = stripe_server.find("charge")
    assert (charge["refunded"], charge["amount_refunded"]) == (False, 900)


def test_a_refund_tells_of_the_charge_and_of_itself(stripe_server, paid):
    stripe_server.refund(paid.id, 900)
    (event,) = stripe_server.events("charge.refunded")
    before = event["data"]["previous_attributes"]["amount_refunded"]
    assert (before, len(stripe_server.events("refund.created"))) == (0, 1)


def test_more_than_was_paid_cannot_be_refunded(stripe_client, paid):
    stripe_client.v1.refunds.create({"payment_intent": paid.id, "amount": 900})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        stripe_client.v1.refunds.create({"payment_intent": paid.id, "amount": 4001})


def test_nothing_is_refunded_twice(stripe_client, paid):
    stripe_client.v1.refunds.create({"payment_intent": paid.id})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe_client.v1.refunds.create({"payment_intent": paid.id})
    assert caught.value.code == "charge_already_refunded"


def test_a_refund_that_fails_counts_no_more(stripe_server, paid):
    stripe_server.fail_refund(stripe_server.refund(paid.id, 900)["id"])
    (charge,) = stripe_server.find("charge")
    (event,) = stripe_server.events("refund.failed")
    assert (charge["amount_refunded"], event["data"]["object"]["status"]) == (0, "failed")


def test_refunds_are_listed_by_payment(stripe_client, stripe_server, paid):
    refund = stripe_server.refund(paid.id, 900)["id"]
    listed = stripe_client.v1.refunds.list({"payment_intent": paid.id})
    assert [one.id for one in listed.data] == [refund]


def test_a_dispute_withdraws_the_money(stripe_server, paid):
    dispute = stripe_server.open_dispute(paid.id)
    (event,) = stripe_server.events("charge.dispute.funds_withdrawn")
    assert (dispute["amount"], event["data"]["object"]["payment_intent"]) == (4900, paid.id)


def test_a_dispute_that_is_won_reinstates_the_money(stripe_server, stripe_client, paid):
    dispute = stripe_server.open_dispute(paid.id)["id"]
    stripe_server.close_dispute(dispute, won=True)
    assert stripe_client.v1.disputes.retrieve(dispute).status == "won"
    assert len(stripe_server.events("charge.dispute.funds_reinstated")) == 1


def test_a_dispute_that_is_accepted_is_lost(stripe_server, stripe_client, paid):
    dispute = stripe_server.open_dispute(paid.id)["id"]
    assert stripe_client.v1.disputes.close(dispute).status == "lost"
    assert stripe_server.events("charge.dispute.funds_reinstated") == []


def test_a_disputed_charge_cannot_be_refunded(stripe_server, stripe_client, paid):
    stripe_server.open_dispute(paid.id)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe_client.v1.refunds.create({"payment_intent": paid.id})
    assert caught.value.code == "charge_disputed"
