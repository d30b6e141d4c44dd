"""Delivery to a real server that answers well, badly, slowly, endlessly or not at all."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from services.outgoing import posting, signing, waking
from services.outgoing.models import WebhookDelivery, WebhookEndpoint
from tests.racing import until
from tests.services.outgoing import receiver as behave

pytestmark = pytest.mark.django_db(transaction=True)
State = WebhookDelivery.State


@pytest.fixture
def told(alice, receiver, worker, endpoint) -> Callable[[], dict[str, Any]]:
    """What the receiver was told last of a picture that Alice had done; the worker's couriers do it."""

    def wait(attempts: int = 1) -> dict[str, Any]:
        until(lambda: len(receiver.received) == attempts)
        return dict(json.loads(receiver.received[-1].body)["data"])

    return wait


@pytest.fixture
def quick(monkeypatch) -> None:
    monkeypatch.setattr(posting, "DEADLINE_S", 0.5)


def test_a_2xx_answer_is_success(receiver, failed_job, deliver):
    receiver.behaviour = behave.answers(204)
    [delivery] = deliver()
    assert (delivery.state, delivery.last_status, delivery.attempts) == (State.DELIVERED, 204, 1)


def test_the_body_tells_the_event_and_the_job(receiver, failed_job, deliver):
    [delivery] = deliver()
    told = json.loads(receiver.received[0].body)
    assert list(told) == ["id", "type", "created", "data"]
    assert (told["id"], told["type"]) == (delivery.event.public_id, "job.failed")
    assert told["created"] == int(delivery.event.created_at.timestamp())


def test_the_data_is_what_the_api_answers(alice, told):
    job_id = alice.post().json()["job_id"]
    answer = alice.api.get(f"/v1/jobs/{job_id}").json()
    both = [told(), answer]
    links = [envelope["result"].pop("output_url") for envelope in both]
    assert both[0] == both[1]
    assert all(f"/v1/files/{job_id}?" in link for link in links)


def test_a_link_begins_with_what_the_owner_calls_this_server(alice, told):
    alice.post()
    assert told()["result"]["output_url"].startswith("http://maskr.test/v1/files/")


def test_a_link_of_a_late_attempt_still_opens(alice, client, told, receiver, settings):
    settings.URL_TTL_S = -1
    receiver.behaviour = behave.answers(500)
    alice.post()
    told()
    settings.URL_TTL_S = 60
    until(lambda: WebhookDelivery.objects.filter(last_status=500).exists())
    WebhookDelivery.objects.update(next_at=Now())
    waking.wake()
    response = client.get(told(2)["result"]["output_url"].removeprefix("http://maskr.test"))
    response.close()
    assert response.status_code == 200


def test_the_headers_name_event_and_sender(receiver, failed_job, deliver):
    [delivery] = deliver()
    headers = receiver.received[0].headers
    assert headers["maskr-event-id"] == delivery.event.public_id
    assert headers["user-agent"] == "Maskr-Webhooks/1"
    assert headers["content-type"] == "application/json"


def test_the_signature_is_right(receiver, failed_job, endpoint, deliver):
    deliver()
    request = receiver.received[0]
    moment, value = (part[2:] for part in request.headers["maskr-signature"].split(",", 1))
    signed = f"{moment[0:]}.".encode() + request.body
    secret = signing.secret_of(endpoint)
    assert value[1:] == hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


FAILURES = {
    "answers 500": (behave.answers(500), 500, ""),
    "answers 404": (behave.answers(404), 404, ""),
    "redirects to a private address": (
        behave.answers(302, "Location: http://127.0.0.1:1/\r\n"),
        302,
        "",
    ),
    "redirects to metadata": (
        behave.answers(307, "Location: http://169.254.169.254/\r\n"),
        307,
        "",
    ),
    "hangs": (behave.hangs, None, "it took too long"),
    "drips its status": (behave.drips_its_status, None, "it took too long"),
    "never ends its head": (behave.never_ends_its_head, None, "the answer"),
    "hangs up": (behave.hangs_up, None, "the answer is not HTTP"),
    "talks nonsense": (behave.talks_nonsense, None, "the answer is not HTTP"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_server_that_fails_is_tried_again(receiver, failed_job, deliver, quick, name):
    receiver.behaviour, status, error = FAILURES[name]
    [delivery] = deliver()
    assert (delivery.state, delivery.last_status) == (State.PENDING, status)
    assert delivery.last_error.startswith(error)
    assert delivery.next_at > timezone.now()


def test_a_redirect_is_not_followed(receiver, failed_job, deliver):
    receiver.behaviour = behave.answers(307, f"Location: {receiver.url}\r\n")
    deliver()
    assert len(receiver.received) == 1


def test_a_server_that_disappeared_is_tried_again(receiver, failed_job, deliver):
    receiver.disappear()
    [delivery] = deliver()
    assert (delivery.state, delivery.last_error) == (State.PENDING, "no connection")


@pytest.mark.parametrize(
    "behaviour", [behave.never_ends, behave.drips_its_body], ids=["endless", "slow"]
)
def test_a_2xx_answer_counts_whatever_its_body_does_and_holds_nobody_long(
    receiver, failed_job, deliver, behaviour
):
    receiver.behaviour = behaviour
    started = time.monotonic()
    [delivery] = deliver()
    assert (delivery.state, time.monotonic() - started < 10) == (State.DELIVERED, True)


def test_a_slow_server_costs_no_more_than_the_deadline(receiver, failed_job, deliver, quick):
    receiver.behaviour = behave.drips_its_status
    started = time.monotonic()
    deliver()
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/hook",
        "https://10.0.0.1/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/hook",
        "http://93.184.216.34/hook",
    ],
)
def test_an_address_that_is_not_allowed_is_not_dialled(
    failed_job, endpoint, deliver, settings, url
):
    settings.WEBHOOK_NETWORKS = []
    WebhookEndpoint.objects.update(url=url)
    [delivery] = deliver()
    assert delivery.last_error in ("not a public address", "http instead of https")


def test_a_name_that_now_means_a_private_address_is_not_dialled(
    receiver, failed_job, deliver, settings, monkeypatch
):
    settings.WEBHOOK_NETWORKS = []
    answer = (2, 1, 6, "", ("127.0.0.1", receiver.port))
    monkeypatch.setattr("socket.getaddrinfo", lambda *_args, **_options: [answer])
    WebhookEndpoint.objects.update(url=f"https://rebound.example:{receiver.port}/")
    [delivery] = deliver()
    assert (delivery.last_error, receiver.received) == ("not a public address", [])


@pytest.mark.parametrize("other", ["169.254.169.254", "10.0.0.1", "93.184.216.34", "::1"])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_name_with_a_trusted_and_another_address_is_not_dialled(
    receiver, failed_job, deliver, monkeypatch, other, is_first
):
    answers = [(2, 1, 6, "", (ip, receiver.port)) for ip in ("127.0.0.1", other)]
    found = answers if is_first else answers[::-1]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_args, **_options: found)
    WebhookEndpoint.objects.update(url=f"https://rebound.example:{receiver.port}/")
    [delivery] = deliver()
    assert (delivery.last_error, receiver.received) == ("not a public address", [])


def test_an_endpoint_switched_off_meanwhile_gets_nothing(receiver, failed_job, endpoint, deliver):
    WebhookEndpoint.objects.update(is_enabled=False)
    [delivery] = deliver()
    assert (delivery.state, receiver.received) == (State.GIVEN_UP, [])


def test_what_told_of_a_deleted_job_is_given_up(receiver, failed_job, deliver):
    failed_job.delete()
    [delivery] = deliver()
    assert (delivery.state, receiver.received) == (State.GIVEN_UP, [])
