"""Webhooks in the admin: seen, switched off, sent again, and no secret anywhere."""

import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from services.outgoing import endpoints, signing

pytestmark = pytest.mark.django_db(transaction=True)
ENDPOINTS = "/admin/services/webhookendpoint/"
DELIVERIES = "/admin/services/webhookdelivery/"


def act(admin_client, path, action, *rows):
    data = {
        "action": action,
        "_selected_action": [str(row.pk) for row in rows],
        "confirmed": "yes",
        "reason": "the customer asked",
    }
    return admin_client.post(path, data, follow=True).content.decode()


@pytest.mark.parametrize("words", ["alice@example.com", "{id}", "{url}", "{host}"])
def test_finds_an_endpoint(admin_client, endpoint, words):
    host = urlsplit(endpoint.url).netloc
    query = {"q": words.format(id=endpoint.pk, url=endpoint.url, host=host)}
    answer = admin_client.get(ENDPOINTS, query)
    assert f"{ENDPOINTS}{endpoint.pk}/change/" in answer.content.decode()


def test_shows_an_endpoint_without_its_secret(admin_client, endpoint):
    html = admin_client.get(f"{ENDPOINTS}{endpoint.pk}/change/").content.decode()
    assert endpoint.url in html and signing.secret_of(endpoint)[6:] not in html


def test_switches_an_endpoint_off_and_tells_its_owner(admin_client, endpoint, mailoutbox):
    act(admin_client, ENDPOINTS, "switch_off", endpoint)
    endpoints.tell_owners()
    endpoint.refresh_from_db()
    assert (endpoint.state, len(mailoutbox)) == ("disabled", 1)


def test_says_why_an_endpoint_is_off(admin_client, endpoint):
    endpoints.switch_off(endpoint, "It answered 410 Gone.")
    html = admin_client.get(f"{ENDPOINTS}{endpoint.pk}/change/").content.decode()
    assert "It answered 410 Gone." in html


def test_switches_nothing_off_twice(admin_client, endpoint):
    endpoints.switch_off(endpoint)
    assert "is off already" in act(admin_client, ENDPOINTS, "switch_off", endpoint)


@pytest.mark.parametrize("step", [{}, {"confirmed": "yes", "reason": "the customer asked"}])
def test_says_that_an_endpoint_was_deleted_meanwhile(admin_client, endpoint, step):
    button = {"action": "switch_off", "_selected_action": [str(endpoint.pk)], "from_page": "yes"}
    endpoint.delete()
    html = admin_client.post(ENDPOINTS, button | step, follow=True).content.decode()
    assert "What was chosen is not there any more." in html


@pytest.mark.parametrize("words", ["", "alice@example.com", "{id}", "{event}"])
def test_finds_deliveries(admin_client, delivery, words):
    query = words.format(id=delivery.pk, event=delivery.event.public_id)
    assert "job.failed evt_" in admin_client.get(DELIVERIES, {"q": query}).content.decode()


@pytest.mark.parametrize("words", ["nobody@example.com", "evt_0123456789abcdef0123456789abcdef"])
def test_finds_no_other_deliveries(admin_client, delivery, words):
    assert "job.failed evt_" not in admin_client.get(DELIVERIES, {"q": words}).content.decode()


def test_filters_deliveries_by_event(admin_client, delivery):
    html = admin_client.get(DELIVERIES, {"event__type": "balance.low"}).content.decode()
    assert "job.failed evt_" not in html


def test_shows_the_attempts_of_a_delivery_as_a_table(admin_client, delivery):
    html = admin_client.get(f"{DELIVERIES}{delivery.pk}/change/").content.decode()
    assert "<td>200</td>" in html and "&quot;status&quot;" not in html


def test_shows_the_events_of_an_endpoint_in_words(admin_client, endpoint):
    html = admin_client.get(f"{ENDPOINTS}{endpoint.pk}/change/").content.decode()
    assert ", ".join(endpoint.events) in html and "&quot;]" not in html


def test_sends_a_delivery_again(admin_client, delivery, deliver, receiver):
    act(admin_client, DELIVERIES, "send_again", delivery)
    deliver()
    assert len(receiver.received) == 2


def confirmation(admin_client, delivery) -> dict[str, Any]:
    """What the form sends that asks for the reason."""
    asked = {"action": "send_again", "_selected_action": [str(delivery.pk)]}
    form = admin_client.post(DELIVERIES, asked).context["form"]
    versions = json.dumps(form["versions"].initial)
    return {**asked, "confirmed": "yes", "reason": "asked", "versions": versions}


def test_a_delivery_that_is_confirmed_twice_is_sent_once(admin_client, delivery, deliver, receiver):
    confirmed = confirmation(admin_client, delivery)
    for _ in range(2):
        answer = admin_client.post(DELIVERIES, confirmed, follow=True)
        deliver()
    assert len(receiver.received) == 2 and "not once more" in answer.content.decode()


@pytest.mark.parametrize("versions", ["", "[]", "7", "null", "{"])
def test_versions_that_no_page_has_are_no_500(admin_client, delivery, versions):
    confirmed = confirmation(admin_client, delivery) | {"versions": versions}
    assert admin_client.post(DELIVERIES, confirmed, follow=True).status_code == 200


def test_sends_nothing_again_to_an_endpoint_that_is_off(admin_client, delivery, endpoint):
    endpoints.switch_off(endpoint)
    assert "is off." in act(admin_client, DELIVERIES, "send_again", delivery)


@pytest.mark.parametrize("path", [ENDPOINTS, DELIVERIES])
def test_adds_nothing(admin_client, path):
    assert admin_client.get(f"{path}add/").status_code == 403
