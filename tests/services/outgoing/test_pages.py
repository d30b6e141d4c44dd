"""The webhooks pages, as their owner and as strangers see them."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from billing import balance_alerts
from services.outgoing import endpoints, signing
from services.outgoing.models import WebhookDelivery, WebhookEndpoint
from tests.services.outgoing import receiver as behave

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/account/webhooks/"
LOG = f"{LIST}deliveries/"
SECRET = re.compile(r"whsec_[0-9A-Za-z_-]{43}")


def html(answer) -> str:
    return answer.content.decode()


def shown(answer) -> str:
    return str(SECRET.findall(html(answer))[0])


def create(page, url="https://shop.example/hook", **fields):
    return page.post(LIST, {"url": url, "events": ["job.completed"], **fields})


def of(endpoint, action: str = "") -> str:
    return f"{LIST}{endpoint.pk}/{action}"


@pytest.mark.parametrize("path", [LIST, LOG])
def test_asks_a_stranger_to_log_in(client, path):
    assert client.get(path).url == f"/accounts/login/?next={path}"


@pytest.mark.parametrize("action", ["switch/", "test/"])
def test_the_address_of_a_button_leads_to_its_endpoint(page, endpoint, action):
    assert page.get(of(endpoint, action)).url == of(endpoint)


def test_invites_to_name_a_first_endpoint(page):
    assert "Name an address" in html(page.get(LIST))


def test_lists_endpoints(page, endpoint):
    assert endpoint.url in html(page.get(LIST))


@pytest.mark.parametrize("path", [LIST, LOG])
def test_lists_none_of_anybody_else(page, bob, path):
    endpoints.create(bob.user, "https://bob.example/", ["job.failed"])
    assert "bob.example" not in html(page.get(path))


def test_creates_an_endpoint(page, alice):
    create(page, description="shop", events=["job.failed", "balance.low"])
    made = WebhookEndpoint.objects.get()
    assert (made.owner, made.url, made.events) == (
        alice.user,
        "https://shop.example/hook",
        ["job.failed", "balance.low"],
    )


@pytest.fixture
def form_sent_twice(page):
    """The answer to the second time; without scripts a browser does that when the page is loaded again."""
    (made_as,) = re.findall(r'name="made_as" value="([^"]+)"', html(page.get(LIST)))
    create(page, made_as=made_as)
    return create(page, made_as=made_as)


def test_a_form_that_is_sent_twice_makes_one_endpoint(form_sent_twice, alice):
    assert alice.user.webhook_endpoints.count() == 1


def test_the_list_says_of_a_form_sent_twice_that_the_secret_was_shown_once(form_sent_twice, page):
    assert "made already, and its secret was shown once" in html(page.get(form_sent_twice.url))


def test_notes_what_the_owner_calls_this_server(page):
    create(page)
    assert WebhookEndpoint.objects.get().site_url == "http://testserver"


def test_shows_the_secret_once(page):
    secret = shown(create(page))
    made = WebhookEndpoint.objects.get()
    pages = [page.get(path) for path in (LIST, of(made), of(made, "roll/"), LOG)]
    assert secret == signing.secret_of(made)
    assert not any(SECRET.search(html(answer)) for answer in pages)


def test_forbids_to_store_the_answer_with_the_secret(page, endpoint):
    rolled = page.post(of(endpoint, "roll/"), {"overlap_hours": "24"})
    assert all("no-store" in answer["Cache-Control"] for answer in (create(page), rolled))


BAD = {
    "": "This field is required",
    "shop.example": "not an http or https URL",
    "ftp://shop.example/": "not an http or https URL",
    "https://shop.example:25/": "a port that is not allowed",
    "https://user:pass@shop.example/": "a user name",
    "https://10.0.0.1/": "not a public address",
    "https://169.254.169.254/": "not a public address",
    "https://localhost/": "the host",
    "http://shop.example/": "http instead of https",
    f"https://shop.example/{'x' * 2100}": "at most 2048 characters",
}


@pytest.mark.parametrize("url", BAD, ids=lambda url: url[:32] or "none")
def test_refuses_a_bad_address_in_words(page, settings, url):
    settings.WEBHOOK_NETWORKS = []
    assert BAD[url] in html(create(page, url))
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.parametrize("events", [[], ["job.exploded"], ["webhook.test"]], ids=str)
def test_refuses_other_events(page, events):
    create(page, events=events)
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.parametrize("url", ["https://shop.example:8443/a?b=c", "https://bücher.example:5000/"])
def test_accepts_the_usual_addresses(page, url):
    create(page, url)
    assert WebhookEndpoint.objects.get().url == url


def test_refuses_an_eleventh_endpoint(page, alice):
    for _ in range(10):
        endpoints.create(alice.user, "https://shop.example/", ["job.failed"])
    assert "at most 10 endpoints" in html(create(page))


def test_changes_an_endpoint(page, endpoint):
    page.post(of(endpoint), {"url": "https://new.example/", "events": ["job.failed"]})
    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.events) == ("https://new.example/", ["job.failed"])


def test_refuses_a_bad_change(page, endpoint):
    page.post(of(endpoint), {"url": "https://localhost:1/", "events": ["job.failed"]})
    endpoint.refresh_from_db()
    assert endpoint.url.startswith("http://127.0.0.1")


def test_rolls_the_secret(page, endpoint):
    old = signing.secret_of(endpoint)
    answer = page.post(of(endpoint, "roll/"), {"overlap_hours": "24"})
    assert shown(answer) not in ("", old)
    assert "signs beside this one until" in html(answer)


def test_asks_before_it_deletes(page, endpoint):
    assert "Delete" in html(page.get(of(endpoint, "delete/")))
    assert WebhookEndpoint.objects.exists()


def test_deletes_an_endpoint_with_its_log(page, endpoint, delivery):
    page.post(of(endpoint, "delete/"))
    found = WebhookEndpoint.objects.exists(), WebhookDelivery.objects.exists()
    assert found == (False, False)


def test_switches_off_and_on(page, endpoint):
    page.post(of(endpoint, "switch/"), {"to": "off"})
    off = WebhookEndpoint.objects.get().state
    page.post(of(endpoint, "switch/"), {"to": "on"})
    assert (off, WebhookEndpoint.objects.get().state) == ("off", "on")


def test_says_why_we_switched_an_endpoint_off(page, endpoint):
    endpoints.switch_off(endpoint, "It answered 410 Gone.", tells=True)
    assert "It answered 410 Gone." in html(page.get(of(endpoint)))


def test_warns_of_an_endpoint_that_fails(page, endpoint):
    WebhookEndpoint.objects.update(failing_since=timezone.now() - timedelta(hours=3))
    assert "has failed" in html(page.get(of(endpoint)))


def test_another_address_has_not_failed_yet(page, endpoint):
    WebhookEndpoint.objects.update(failing_since=timezone.now() - timedelta(days=9))
    page.post(of(endpoint), {"url": "https://other.example/", "events": ["job.failed"]})
    assert WebhookEndpoint.objects.get().state == "on"


def test_the_same_address_goes_on_failing(page, endpoint):
    WebhookEndpoint.objects.update(failing_since=timezone.now() - timedelta(days=3))
    page.post(of(endpoint), {"url": endpoint.url, "events": ["job.failed"]})
    assert WebhookEndpoint.objects.get().state == "failing"


@pytest.mark.parametrize("name", ["url", "description"])
@pytest.mark.parametrize("break_", ["\0", "\r", "\u2028"], ids=ascii)
def test_takes_one_line_only(page, name, break_):
    fields = {"url": "https://shop.example/", name: f"https://shop.example/a{break_}b"}
    assert "not allowed" in html(create(page, **fields))
    assert not WebhookEndpoint.objects.exists()


def test_sends_a_test_at_once(page, endpoint, receiver):
    answer = page.post(of(endpoint, "test/"), follow=True)
    assert b"webhook.test" in receiver.received[0].body
    assert "answered 200" in html(answer)


def test_shows_what_a_failed_test_came_to(page, endpoint, receiver):
    receiver.behaviour = behave.answers(500)
    answer = page.post(of(endpoint, "test/"), follow=True)
    assert "The next attempt is at" in html(answer) and 'data-label="Answer">500' in html(answer)


def test_sends_no_test_to_an_endpoint_that_is_off(page, endpoint, receiver):
    endpoints.switch_off(endpoint)
    answer = page.post(of(endpoint, "test/"), follow=True)
    assert "Switch it on first" in html(answer) and receiver.received == []


def test_a_flood_of_tests_is_refused(page, endpoint, receiver):
    answers = [page.post(of(endpoint, "test/"), follow=True) for _ in range(21)]
    assert "Wait a minute" in html(answers[-1]) and len(receiver.received) == 20


def test_a_flood_of_one_owner_keeps_nobody_else_from_testing(page, endpoint, bob, receiver):
    for _ in range(21):
        page.post(of(endpoint, "test/"))
    other = endpoints.create(bob.user, receiver.url, ["job.failed"])
    client = Client()
    client.force_login(bob.user, backend="django.contrib.auth.backends.ModelBackend")
    assert "answered 200" in html(client.post(of(other, "test/"), follow=True))


def test_escapes_what_the_owner_wrote(page, endpoint):
    WebhookEndpoint.objects.update(description="<script>alert(1)</script>")
    assert "<script>alert" not in html(page.get(LIST))


@pytest.mark.parametrize("action", ["", "roll/", "delete/", "switch/", "test/"])
def test_hides_the_endpoints_of_others(page, bob, action):
    theirs = endpoints.create(bob.user, "https://bob.example/", ["job.failed"])
    answer = page.post(of(theirs, action), {"overlap_hours": "0", "to": "off"})
    assert answer.status_code == 404
    assert WebhookEndpoint.objects.get().is_enabled


def test_refuses_a_post_without_the_token_of_the_form(alice):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice.user, backend="django.contrib.auth.backends.ModelBackend")
    assert create(browser).status_code == 403


def test_sets_a_threshold(page, alice):
    page.post(f"{LIST}threshold/", {"threshold": "12.5"})
    assert balance_alerts.threshold_of(alice.user) == 1_250


def test_takes_a_threshold_away(page, alice):
    balance_alerts.set_threshold(alice.user, 100)
    page.post(f"{LIST}threshold/", {"threshold": ""})
    assert balance_alerts.threshold_of(alice.user) is None


@pytest.mark.parametrize("value", ["-1", "0", "x", "1e99", "0.001"])
def test_refuses_a_bad_threshold(page, alice, value):
    answer = page.post(f"{LIST}threshold/", {"threshold": value})
    assert (answer.status_code, balance_alerts.threshold_of(alice.user)) == (400, None)
