"""What visitors may try: a little, small, never charged, counted by network and not by cookie."""

import pytest
from django.urls import reverse

from accounts import rates
from accounts.models import User
from billing.models import LedgerEntry
from services.models import IdempotentRequest, Job
from services.studio import visitors
from tests.pictures import opened, picture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]
TRY = "/studio/try/background-removal"
PREVIEW = "/studio/preview?points=[[32,32]]"
PAIR = {"image": picture(), "mask": picture()}
NOBODY_LISTENS = "redis://127.0.0.1:1/0"


def test_a_visitor_gets_a_result_for_nothing(visitor):
    answer = visitor.send(TRY).json()
    assert (answer["status"], answer["result"]["credits_used"]) == ("completed", 0)
    assert not LedgerEntry.objects.exists()


@pytest.mark.parametrize(
    ("path", "files"),
    [
        ("object-extraction?points=[[32,32]]", {"image": picture()}),
        ("object-extraction", PAIR),
        ("object-removal", PAIR),
    ],
    ids=["extraction-by-point", "extraction-by-mask", "removal"],
)
def test_every_tool_may_be_tried(visitor, path, files):
    assert visitor.send(f"/studio/try/{path}", files).json()["status"] == "completed"


def test_a_result_has_at_most_512_pixels_a_side(visitor):
    result = visitor.send(TRY, {"file": picture(width=1024, height=256)}).json()["result"]
    assert (result["output_width"], result["output_height"]) == (512, 128)


def test_the_fourth_try_of_a_network_is_refused(visitor):
    assert [visitor.send(TRY).status_code for _ in range(4)] == [200, 200, 200, 429]


def test_a_refusal_says_when_and_how_to_go_on(visitor):
    answer = [visitor.send(TRY) for _ in range(4)][-1]
    assert answer.json()["detail"] == (
        "The free tries of your network are used up; the next is in 24 hours. Sign up to go on."
    )
    assert int(answer["Retry-After"]) > 80_000


def test_cookies_do_not_reset_the_count(visitor, open_studio):
    for _ in range(3):
        visitor.send(TRY)
    assert open_studio().send(TRY).status_code == 429


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("192.0.2.7", "192.0.2.200", 429),
        ("192.0.2.7", "198.51.100.1", 200),
        ("2001:db8:1:1::1", "2001:db8:1:1:ffff::2", 429),
        ("2001:db8:1:1::1", "2001:db8:1:2::1", 200),
    ],
)
def test_a_network_counts_as_one(open_studio, first, second, expected):
    page = open_studio(address=first)
    for _ in range(3):
        page.send(TRY)
    assert open_studio(address=second).send(TRY).status_code == expected


def test_a_made_up_forwarded_address_counts_for_nothing(visitor):
    headers = [{"X-Forwarded-For": f"198.51.{number}.1"} for number in range(4)]
    assert [visitor.send(TRY, **header).status_code for header in headers][-1] == 429


def test_tries_of_all_tools_count_together(visitor):
    paths = ["object-extraction", "object-removal", "object-removal", "object-extraction"]
    answers = [visitor.send(f"/studio/try/{path}", PAIR).status_code for path in paths]
    assert answers == [200, 200, 200, 429]


def test_all_visitors_share_a_limit(open_studio, settings):
    settings.VISITOR_TRIES_IN_ALL = 2
    pages = [open_studio(address=f"198.51.{number}.1") for number in range(3)]
    assert [page.send(TRY).status_code for page in pages] == [200, 200, 429]


def test_who_is_refused_for_all_loses_no_try(open_studio, settings):
    settings.VISITOR_TRIES_IN_ALL = 1
    open_studio(address="198.51.100.1").send(TRY)
    late = open_studio(address="203.0.113.1")
    late.send(TRY)
    settings.VISITOR_TRIES_IN_ALL = 9
    assert late.client.get(reverse("studio-balance")).json() == {"tries": 3}


def test_a_damaged_picture_costs_no_try(visitor):
    assert visitor.send(TRY, {"file": b"no picture"}).status_code == 422
    assert visitor.client.get(reverse("studio-balance")).json() == {"tries": 3}


def test_damaged_pictures_are_limited_all_the_same(visitor):
    assert [visitor.send(TRY, {}).status_code for _ in range(31)][-1] == 429


def test_tries_can_be_switched_off(visitor, settings):
    settings.VISITOR_TRIES = 0
    answer = visitor.send(TRY)
    assert (answer.status_code, "switched off" in answer.json()["detail"]) == (429, True)


def test_uncounted_tries_are_not_given(visitor, settings, monkeypatch):
    monkeypatch.setattr(rates, "_complained_at", float("-inf"))
    settings.REDIS_URL = NOBODY_LISTENS
    assert visitor.send(TRY).status_code == 503


def test_a_try_needs_the_token_of_the_page(visitor):
    assert visitor.send(TRY, **{"X-CSRFToken": ""}).status_code == 403
    assert not Job.objects.exists()


def test_an_idempotency_key_of_a_stranger_opens_nothing(open_studio):
    header = {"Idempotency-Key": "same"}
    first = open_studio(address="198.51.100.1").send(TRY, **header).json()
    second = open_studio(address="203.0.113.1").send(TRY, **header).json()
    assert first["job_id"] != second["job_id"]
    assert not IdempotentRequest.objects.exists()


def test_all_tries_belong_to_one_account_that_nobody_can_use(visitor):
    visitor.send(TRY)
    visitor.send(TRY)
    owner = User.objects.get()
    assert owner == visitors.account()
    assert (owner.is_active, owner.has_usable_password()) == (False, False)


def test_nobody_can_sign_up_as_the_visitors(visitor):
    words = "a long enough phrase"
    fields = {"email": "visitors", "password1": words, "password2": words}
    visitor.client.post(reverse("account_signup"), {**fields, "csrfmiddlewaretoken": visitor.token})
    assert not User.objects.exists()


def test_a_result_can_be_fetched_by_its_link(visitor):
    link = visitor.send(TRY).json()["result"]["output_url"]
    assert opened(b"".join(visitor.client.get(link).streaming_content)).mode == "L"


def test_a_look_ahead_costs_a_customer_nothing(page, alice):
    assert page.send(PREVIEW).json()["status"] == "completed"
    assert alice.balance == 10_000


def test_looks_ahead_stay_out_of_the_customers_history(page, alice):
    page.send(PREVIEW)
    assert Job.objects.get().owner == visitors.previewer()


def test_a_look_ahead_costs_a_visitor_no_try(visitor):
    visitor.send(PREVIEW)
    assert visitor.client.get(reverse("studio-balance")).json() == {"tries": 3}


def test_looks_ahead_of_visitors_are_limited(visitor, monkeypatch):
    monkeypatch.setattr(visitors, "PREVIEWS_PER_TRY", 1)
    assert [visitor.send(PREVIEW).status_code for _ in range(4)] == [200, 200, 200, 429]


def test_looks_ahead_are_small(page):
    big = {"file": picture(width=1024, height=256)}
    result = page.send(PREVIEW, big).json()["result"]
    assert (result["output_width"], result["output_height"]) == (512, 128)


def test_looks_ahead_at_large_files_are_refused(page):
    assert page.send(PREVIEW, {"file": b"x" * (3 * 2**20 + 9)}).status_code == 413


def test_a_look_ahead_at_nothing_says_what_is_missing(page):
    assert page.send("/studio/preview").json()["detail"][0]["loc"] == ["query", "points"]
