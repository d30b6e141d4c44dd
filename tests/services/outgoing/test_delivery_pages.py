"""The log of deliveries as their owner sees it, and sending one again."""

import re
from html import unescape

import pytest
from django.test import Client

from services import jobs
from services.models import Job
from services.outgoing import endpoints
from services.outgoing.models import WebhookDelivery
from tests.racing import at_once
from tests.services.outgoing.test_pages import LOG, html, of

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_address_of_send_again_leads_to_the_delivery(page, delivery):
    shown_at = f"{LOG}{delivery.pk}/"
    assert page.get(f"{shown_at}again/").url == shown_at


def test_sending_again_counts_like_a_test(page, endpoint, delivery, receiver):
    before = len(receiver.received)
    for _ in range(20):
        page.post(of(endpoint, "test/"))
    answer = page.post(f"{LOG}{delivery.pk}/again/", follow=True)
    assert "Wait a minute" in html(answer) and len(receiver.received) == before + 20


def test_sends_again(page, delivery, receiver):
    answer = page.post(f"{LOG}{delivery.pk}/again/", follow=True)
    ids = {request.headers["maskr-event-id"] for request in receiver.received}
    assert (len(receiver.received), len(ids)) == (2, 1)
    assert "answered 200" in html(answer)


def button(page, delivery) -> dict[str, str]:
    """What the form sends that is on the page of the delivery now."""
    text = html(page.get(f"{LOG}{delivery.pk}/"))
    [seen] = re.findall(r'name="seen" value="([^"]+)"', text)
    return {"seen": unescape(seen)}


def test_a_button_that_is_pressed_twice_sends_once(page, delivery, receiver):
    pressed = button(page, delivery)
    for _ in range(2):
        answer = page.post(f"{LOG}{delivery.pk}/again/", pressed, follow=True)
    assert len(receiver.received) == 2 and "not once more" in html(answer)


def test_a_button_that_is_pressed_often_at_once_sends_once(page, delivery, receiver):
    pressed = button(page, delivery)
    at_once(lambda _: page.post(f"{LOG}{delivery.pk}/again/", pressed), range(4))
    assert len(receiver.received) == 2


def test_the_button_of_a_page_that_is_opened_anew_sends_once_more(page, delivery, receiver):
    for _ in range(2):
        page.post(f"{LOG}{delivery.pk}/again/", button(page, delivery))
    assert len(receiver.received) == 3


def test_what_a_courier_sent_since_the_page_was_opened_is_not_sent_again(
    page, new_job, endpoint, deliver, receiver
):
    jobs.fail(new_job(), "no", code="internal_error")
    waiting = WebhookDelivery.objects.get()
    pressed = button(page, waiting)
    deliver()
    page.post(f"{LOG}{waiting.pk}/again/", pressed)
    assert len(receiver.received) == 1


@pytest.mark.parametrize("seen", ["nonsense", "2026-13-45", "\x00", "9" * 5000])
def test_a_button_of_no_page_of_ours_sends_nothing(page, delivery, receiver, seen):
    answer = page.post(f"{LOG}{delivery.pk}/again/", {"seen": seen}, follow=True)
    assert (answer.status_code, len(receiver.received)) == (200, 1)


def test_sends_nothing_again_to_an_endpoint_that_is_off(page, delivery, endpoint, receiver):
    endpoints.switch_off(endpoint)
    page.post(f"{LOG}{delivery.pk}/again/")
    assert len(receiver.received) == 1


def test_shows_a_delivery_with_attempts_and_body(page, delivery):
    text = html(page.get(f"{LOG}{delivery.pk}/"))
    assert "job.failed" in text and "It was not to be." in text and "200" in text


def test_shows_a_delivery_whose_job_is_gone(page, delivery):
    Job.objects.all().delete()
    assert "was deleted" in html(page.get(f"{LOG}{delivery.pk}/"))


def test_lists_deliveries(page, delivery):
    assert delivery.event.public_id in html(page.get(LOG))


@pytest.mark.parametrize(
    ("query", "is_there"),
    [
        ("state=delivered", True),
        ("state=pending", False),
        ("type=job.failed", True),
        ("type=job.completed", False),
        ("endpoint={id}", True),
        ("endpoint=00000000-0000-0000-0000-000000000000", False),
        ("endpoint=nonsense", False),
        ("state=%00", False),
        ("page=99", True),
    ],
)
def test_filters_deliveries(page, delivery, endpoint, query, is_there):
    text = html(page.get(f"{LOG}?{query.format(id=endpoint.pk)}"))
    assert (delivery.event.public_id in text) is is_there


def test_lists_deliveries_with_a_constant_number_of_queries(
    page, new_job, delivery, django_assert_max_num_queries
):
    for _ in range(20):
        jobs.fail(new_job(), "no", code="internal_error")
    with django_assert_max_num_queries(8):
        page.get(LOG)


@pytest.mark.parametrize("action", ["", "again/"])
def test_hides_the_deliveries_of_others(bob, delivery, action):
    browser = Client()
    browser.force_login(bob.user, backend="django.contrib.auth.backends.ModelBackend")
    call = browser.post if action else browser.get
    assert call(f"{LOG}{delivery.pk}/{action}").status_code == 404
