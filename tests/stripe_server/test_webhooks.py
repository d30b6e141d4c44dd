"""Events: signed, in order, tried again, held back and sent twice on request."""

import pytest
import stripe


def test_a_delivery_is_signed_as_the_library_expects(stripe_server, stripe_client, inbox):
    stripe_client.v1.customers.create({"email": "bob@example.com"})
    stripe_server.wait()
    (event,) = inbox.events
    assert event.data.object["email"] == "bob@example.com"


def test_an_event_states_the_version_of_the_library(stripe_server, stripe_client, inbox):
    stripe_client.v1.customers.create({})
    stripe_server.wait()
    assert inbox.events[0].api_version == stripe.api_version


def test_deliveries_keep_the_order_of_events(stripe_server, stripe_client, inbox):
    made = [stripe_client.v1.customers.create({}).id for _ in range(10)]
    stripe_server.wait()
    assert [event.data.object["id"] for event in inbox.events] == made


def test_a_refused_delivery_is_tried_again(stripe_server, stripe_client, inbox):
    inbox.answers = [500, 503]
    stripe_client.v1.customers.create({})
    stripe_server.wait()
    assert [attempt.status for attempt in stripe_server.attempts()] == [500, 503, 200]


def test_an_event_is_given_up_in_the_end(stripe_server, stripe_client, inbox):
    stripe_server.deliveries.gaps = (0.01, 0.01)
    inbox.answers = [500] * 5
    stripe_client.v1.customers.create({})
    stripe_server.wait()
    assert [attempt.number for attempt in stripe_server.attempts()] == [1, 2, 3]


def test_an_unreachable_receiver_is_an_attempt_without_a_status(stripe_server, stripe_client):
    stripe_server.deliveries.gaps = ()
    stripe_server.webhook_url = "http://127.0.0.1:9/webhook"
    stripe_client.v1.customers.create({})
    stripe_server.wait()
    assert [attempt.status for attempt in stripe_server.attempts()] == [None]


def test_held_events_are_not_sent(stripe_server, stripe_client, inbox):
    stripe_server.hold()
    stripe_client.v1.customers.create({})
    assert (len(stripe_server.held()), inbox.events) == (1, [])


def test_released_events_are_sent(stripe_server, stripe_client, inbox):
    stripe_server.hold()
    stripe_client.v1.customers.create({})
    stripe_server.release()
    stripe_server.wait()
    assert inbox.types == ["customer.created"]


def test_held_events_can_be_sent_in_any_order(stripe_server, inbox, paid):
    stripe_server.wait()
    stripe_server.hold()
    stripe_server.refund(paid.id, 100)
    refunded, created = (event["id"] for event in stripe_server.held())
    inbox.events.clear()
    stripe_server.deliver(created)
    stripe_server.deliver(refunded)
    assert inbox.types == ["refund.created", "charge.refunded"]


def test_an_event_can_be_delivered_again(stripe_server, stripe_client, inbox):
    stripe_client.v1.customers.create({})
    stripe_server.wait()
    attempt = stripe_server.deliver(stripe_server.events()[0]["id"])
    assert (attempt.status, len(inbox.events)) == (200, 2)


def test_an_old_signature_is_told_from_a_new_one(stripe_server, stripe_client):
    stripe_client.v1.customers.create({})
    body, headers = stripe_server.signed(stripe_server.events()[0]["id"], at=1_000_000)
    with pytest.raises(stripe.SignatureVerificationError, match="tolerance"):
        stripe.Webhook.construct_event(
            body, headers["Stripe-Signature"], stripe_server.webhook_secret
        )


def test_a_signature_with_another_secret_is_refused(stripe_server, stripe_client):
    stripe_client.v1.customers.create({})
    body, headers = stripe_server.signed(stripe_server.events()[0]["id"], secret="whsec_other")
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(
            body, headers["Stripe-Signature"], stripe_server.webhook_secret
        )


def test_an_event_keeps_the_object_as_it_was(stripe_server, stripe_client, customer):
    stripe_client.v1.customers.update(customer.id, {"name": "Alice"})
    assert stripe_server.events("customer.created")[0]["data"]["object"]["name"] is None


def test_events_can_be_listed_by_type(stripe_client, customer):
    stripe_client.v1.customers.update(customer.id, {"name": "Alice"})
    listed = stripe_client.v1.events.list({"type": "customer.updated"})
    assert [event.data.object["name"] for event in listed.data] == ["Alice"]


def test_an_event_remembers_the_key_of_its_call(stripe_client):
    stripe_client.v1.customers.create({}, {"idempotency_key": "k"})
    assert stripe_client.v1.events.list().data[0].request.idempotency_key == "k"
