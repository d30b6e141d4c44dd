"""The endpoint: who is believed, what is stored, what is answered."""

import json
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from billing import credits, events, webhooks
from billing.models import StripeEvent
from tests.billing import told

pytestmark = pytest.mark.usefixtures("signed", "right_books")


def counts() -> tuple[int, int]:
    return StripeEvent.objects.count(), StripeEvent.objects.filter(state="processed").count()


def test_grants_what_was_paid_for(tell, wanted, poor):
    tell(told.completed(wanted))
    assert credits.balance(poor) == 100_000


def test_grants_once_for_an_event_delivered_twice(tell, wanted, poor):
    event = told.completed(wanted)
    tell(event, event)
    assert (credits.balance(poor), counts()) == (100_000, (1, 1))


def test_grants_once_for_two_events_of_one_purchase(tell, wanted, poor):
    tell(told.completed(wanted), told.completed(wanted))
    assert credits.balance(poor) == 100_000


def test_believes_every_one_of_several_secrets(client, settings, wanted):
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", told.SECRET]
    assert told.deliver(client, told.completed(wanted)).status_code == 200


@pytest.mark.parametrize(
    ("key", "is_live", "granted"),
    [("sk_live_1", False, 0), ("rk_live_1", False, 0), ("sk_live_1", True, 100_000)]
    + [("sk_test_1", False, 100_000), ("", False, 100_000)],
)
def test_play_money_buys_nothing_once_the_key_is_a_live_one(
    tell, settings, wanted, poor, key, is_live, granted
):
    settings.STRIPE_SECRET_KEY = key
    tell(told.completed(wanted) | {"livemode": is_live})
    assert credits.balance(poor) == granted


def test_takes_a_type_that_does_not_matter(client):
    event = told.event("balance.available", {"id": "x"})
    assert told.deliver(client, event).status_code == 200
    assert StripeEvent.objects.get().state == "ignored"


def test_takes_a_checkout_that_is_not_ours(client, db):
    event = told.event("checkout.session.completed", {"id": "cs", "client_reference_id": "shop-7"})
    assert told.deliver(client, event).status_code == 200
    assert StripeEvent.objects.get().error == "not a checkout of ours"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        "t=,v1=",
        "v1=abc",
        "t=now,v1=abc",
        "t={now}",
        "t={now},v1=" + "0" * 64,
    ],
)
def test_refuses_a_header_that_is_no_signature(client, wanted, header):
    header = header.format(now=int(time.time()))
    assert told.deliver(client, told.completed(wanted), header=header).status_code == 400
    assert not StripeEvent.objects.exists()


@pytest.mark.parametrize("age", [301, 3600, -302, -3600])
def test_refuses_a_signature_too_old_or_from_the_future(client, wanted, age):
    event = told.completed(wanted)
    header = told.signature(json.dumps(event).encode(), at=time.time() - age)
    assert told.deliver(client, event, header=header).status_code == 400
    assert not StripeEvent.objects.exists()


@pytest.mark.parametrize("age", [290, -290])
def test_takes_a_signature_within_five_minutes(client, wanted, age):
    event = told.completed(wanted)
    header = told.signature(json.dumps(event).encode(), at=time.time() - age)
    assert told.deliver(client, event, header=header).status_code == 200


def test_refuses_another_secret(client, wanted):
    event = told.completed(wanted)
    header = told.signature(json.dumps(event).encode(), secret="whsec_other")
    assert told.deliver(client, event, header=header).status_code == 400
    assert not StripeEvent.objects.exists()


def test_refuses_everything_without_a_secret(client, settings, wanted):
    settings.STRIPE_WEBHOOK_SECRETS = []
    assert told.deliver(client, told.completed(wanted)).status_code == 400


def test_refuses_a_body_changed_by_one_byte(client, wanted):
    event = told.completed(wanted)
    body = json.dumps(event).encode()
    altered = body.replace(b"5000", b"5001", 1)
    response = told.deliver(client, event, body=altered, header=told.signature(body))
    assert (response.status_code, StripeEvent.objects.count()) == (400, 0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b'{"id": 1, "type": "x"}',
        b'{"id": "evt", "type": "x", "created": 1, "data": {"object": 1}}',
    ],
)
def test_refuses_a_signed_body_that_is_no_event(client, db, body):
    header = told.signature(body)
    assert told.deliver(client, {}, body=body, header=header).status_code == 400


def test_refuses_bytes_that_are_no_text(client, db):
    assert told.deliver(client, {}, body=b"\xff\xfe", header="t=1,v1=0").status_code == 400


def test_refuses_a_body_of_megabytes(client, wanted):
    event = told.completed(wanted, padding="x" * webhooks.MAX_BYTES)
    assert told.deliver(client, event).status_code == 400


def test_is_only_posted_to(client):
    assert client.get(told.PATH).status_code == 405


class TestAFailure:
    """Another price than the one we sold at."""

    @pytest.fixture
    def contradiction(self, wanted):
        return told.completed(wanted, amount_subtotal=1)

    def test_asks_for_another_delivery(self, client, contradiction):
        assert told.deliver(client, contradiction).status_code == 500

    def test_grants_nothing(self, client, contradiction, poor):
        told.deliver(client, contradiction)
        assert credits.balance(poor) == 0

    def test_tells_why_on_the_stored_event(self, client, contradiction):
        told.deliver(client, contradiction)
        event = StripeEvent.objects.get()
        assert (event.state, event.attempts) == ("failed", 1)
        assert "but 1 usd was told" in event.error

    def test_is_mended_by_a_later_delivery(self, client, contradiction, wanted, poor):
        told.deliver(client, contradiction)
        wanted.price_minor = 1
        wanted.save()
        assert told.deliver(client, contradiction).status_code == 200
        assert credits.balance(poor) == 100_000

    def test_waits_before_the_sweep_tries_again(self, client, contradiction):
        told.deliver(client, contradiction)
        assert events.retry_due() == 0
        assert StripeEvent.objects.get().attempts == 1

    def test_waits_longer_each_time(self, client, contradiction):
        for _ in range(6):
            told.deliver(client, contradiction)
        waits = StripeEvent.objects.get().retry_at - timezone.now()
        assert timedelta(minutes=15) < waits <= timedelta(minutes=16)

    def test_leaves_other_events_as_they_are(self, client, contradiction, wanted):
        other = events.store(told.completed(wanted))
        told.deliver(client, contradiction)
        assert StripeEvent.objects.get(pk=other.pk).state == "received"

    def test_in_another_currency_is_one_too(self, client, wanted):
        assert told.deliver(client, told.completed(wanted, currency="eur")).status_code == 500


def test_the_sweep_processes_what_was_only_stored(wanted, poor):
    events.store(told.completed(wanted))
    StripeEvent.objects.update(retry_at="2020-01-01T00:00Z")
    assert (events.retry_due(), credits.balance(poor)) == (1, 100_000)


def test_the_sweep_leaves_a_fresh_event_to_its_request(wanted):
    events.store(told.completed(wanted))
    assert events.retry_due() == 0


def test_one_event_that_fails_does_not_keep_the_others(wanted, poor):
    events.store(told.completed(wanted, currency="eur"))
    events.store(told.completed(wanted))
    StripeEvent.objects.update(retry_at="2020-01-01T00:00Z")
    assert (events.retry_due(), credits.balance(poor)) == (1, 100_000)
