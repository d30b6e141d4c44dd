"""The billing pages as their owner sees them, without JavaScript."""

import csv
import io
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing import credits
from billing.models import LedgerEntry
from tests.billing import told

BILLING = "/account/billing/"


@pytest.fixture
def mine(client, rich):
    client.force_login(rich, backend="django.contrib.auth.backends.ModelBackend")
    return client


def rows(client, query: str = "") -> list[list[str]]:
    response = client.get(f"{BILLING}statement.csv{query}")
    text = b"".join(response.streaming_content).decode()
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("path", ["", "statement/", "statement.csv"])
def test_strangers_are_asked_to_sign_in(client, db, path):
    assert client.get(BILLING + path).url.startswith("/accounts/login/")


def test_without_a_key_the_page_says_that_payments_are_not_configured(mine, pack):
    html = mine.get(BILLING).content.decode()
    assert "Payments are not configured" in html and '<button class="primary">Buy' not in html


@pytest.mark.parametrize("path", ["portal/", "buy/{}/", "plan/{}/"])
def test_without_a_key_nothing_can_be_begun(mine, pack, monthly, path):
    number = pack.pk if "buy" in path else monthly.pk
    response = mine.post(BILLING + path.format(number), follow=True)
    assert "not configured" in response.content.decode()


def test_the_balance_comes_first(mine):
    assert "100 credits left." in mine.get(BILLING).content.decode()


def test_a_debt_is_not_hidden(tell, wanted, poor, client):
    tell(told.completed(wanted))
    credits.reserve(poor, 70_000, job=uuid4())
    tell(told.refunded(wanted))
    client.force_login(poor, backend="django.contrib.auth.backends.ModelBackend")
    assert "700 credits are owed" in client.get(BILLING).content.decode()


def test_packs_off_sale_are_not_offered(mine, pack):
    type(pack).objects.update(is_active=False)
    assert "No packs are on sale." in mine.get(BILLING).content.decode()


def test_packs_off_sale_cannot_be_bought(shop, pack):
    type(pack).objects.update(is_active=False)
    assert shop.client.post(f"{BILLING}buy/{pack.pk}/").status_code == 404


@pytest.mark.parametrize("path", ["portal/", "buy/1/", "plan/1/", "top-up/"])
def test_who_comes_to_the_address_of_a_form_is_led_to_its_page(mine, path):
    assert mine.get(BILLING + path).url == BILLING


@pytest.mark.parametrize("path", ["portal/", "buy/1/", "plan/1/", "top-up/"])
def test_the_address_of_a_form_takes_forms_alone(mine, path):
    assert mine.put(BILLING + path).status_code == 405


def test_who_was_signed_out_meanwhile_is_told_that_nothing_was_done(client, db):
    html = client.post(f"{BILLING}portal/", follow=True).content.decode()
    assert "You were signed out, so nothing was done." in html


def test_signing_in_again_between_page_and_form_leads_back_to_the_page(client, rich):
    sent = client.post(f"{BILLING}top-up/", {"threshold": "5"})
    client.force_login(rich, backend="django.contrib.auth.backends.ModelBackend")
    after = parse_qs(urlsplit(sent.url).query)["next"][0]
    assert client.get(after, follow=True).redirect_chain == [(BILLING, 302)]


@pytest.mark.parametrize("path", ["portal/", "top-up/"])
def test_forms_of_other_sites_are_refused(rich, path):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(rich, backend="django.contrib.auth.backends.ModelBackend")
    assert strict.post(BILLING + path).status_code == 403


def test_the_way_to_the_payment_page_works_without_scripts(shop, pack):
    response = shop.client.post(f"{BILLING}buy/{pack.pk}/")
    url = response.headers["Refresh"].removeprefix("0; url=")
    assert f'href="{url}"' in response.content.decode()


class TestStatement:
    def test_shows_every_entry_with_the_balance_after_it(self, mine, rich):
        credits.reserve(rich, 300, job=uuid4())
        html = mine.get(f"{BILLING}statement/").content.decode()
        assert "to begin with" in html and ">97<" in html

    def test_says_in_the_owners_words_what_moved(self, mine, rich):
        job = uuid4()
        credits.reserve(rich, 300, job=job, service="object-removal")
        credits.release(job)
        html = mine.get(f"{BILLING}statement/").content.decode()
        assert "Picture<small>Object removal</small>" in html and ">−3<" in html
        assert "Given back: no result<small>" in html and ">+3<" in html

    def test_has_words_for_every_kind(self, mine):
        html = mine.get(f"{BILLING}statement/").content.decode()
        missing = [kind for kind in LedgerEntry.Kind if f'<option value="{kind}">' not in html]
        assert missing == []

    def test_names_the_job(self, mine, rich):
        job = uuid4()
        credits.reserve(rich, 300, job=job)
        assert str(job) in mine.get(f"{BILLING}statement/").content.decode()

    def test_shows_nobody_elses(self, mine, poor):
        credits.grant(poor, 5, reason="not yours")
        assert "not yours" not in mine.get(f"{BILLING}statement/").content.decode()

    def test_can_be_narrowed_to_a_kind(self, mine, rich):
        credits.reserve(rich, 300, job=uuid4())
        html = mine.get(f"{BILLING}statement/?kind=usage").content.decode()
        assert "to begin with" not in html

    def test_can_be_narrowed_to_a_month(self, mine):
        assert "Nothing has moved yet that this filter shows" in (
            mine.get(f"{BILLING}statement/?month=2020-01").content.decode()
        )

    @pytest.mark.parametrize(
        "query",
        ["?kind=x", "?month=x", "?month=0000-00", "?until=9999-12-31", "?page=99", "?page=x"],
    )
    def test_survives_nonsense(self, mine, query):
        assert "to begin with" in mine.get(f"{BILLING}statement/{query}").content.decode()

    def test_has_pages(self, mine, rich):
        for number in range(60):
            credits.grant(rich, 1, reason=f"gift {number}")
        html = mine.get(f"{BILLING}statement/").content.decode()
        assert "Page 1 of 2" in html and "gift 59" in html and "to begin with" not in html

    def test_has_totals_of_each_month(self, mine, rich):
        job = uuid4()
        credits.reserve(rich, 300, job=job)
        credits.reserve(rich, 500, job=uuid4())
        credits.release(job)
        (month,) = mine.get(f"{BILLING}statement/").context["months"]
        assert (month.added, month.used, month.taken) == (10_000, 500, 0)

    def test_looks_at_the_database_a_fixed_number_of_times(
        self, mine, rich, django_assert_max_num_queries
    ):
        for _ in range(40):
            credits.reserve(rich, 1, job=uuid4())
        with django_assert_max_num_queries(10):
            mine.get(f"{BILLING}statement/")

    def test_adds_to_this_month_what_came_since_the_last_look(self, mine, rich):
        early = credits.grant(rich, 500, reason="early")
        LedgerEntry.objects.filter(pk=early.pk).update(created_at=datetime(2026, 3, 20, tzinfo=UTC))
        mine.get(f"{BILLING}statement/")
        credits.grant(rich, 700, reason="late")
        this, march = mine.get(f"{BILLING}statement/").context["months"]
        assert (this.added, march.added, march.begins) == (
            10_700,
            500,
            datetime(2026, 3, 1, tzinfo=UTC),
        )

    def test_adds_today_to_what_came_earlier_in_the_month(self, mine, rich, monkeypatch):
        earlier = credits.grant(rich, 500, reason="earlier")
        tenth = datetime(2100, 6, 10, 12, tzinfo=UTC)
        LedgerEntry.objects.filter(pk=earlier.pk).update(created_at=tenth)
        monkeypatch.setattr(timezone, "now", lambda: tenth.replace(day=20))
        mine.force_login(rich, backend="django.contrib.auth.backends.ModelBackend")
        mine.get(f"{BILLING}statement/")
        credits.grant(rich, 700, reason="later")
        june = mine.get(f"{BILLING}statement/").context["months"][0]
        assert june.added == 1_200


@pytest.mark.skipif(connection.vendor != "sqlite", reason="tells how SQLite reads")
class TestReadingOfTheStatement:
    @pytest.fixture
    def plans(self, mine, rich, monkeypatch):
        """How the database reads the ledger for a page that nobody has looked at this month."""
        monkeypatch.setattr(timezone, "now", lambda: datetime(2100, 6, 20, tzinfo=UTC))
        mine.force_login(rich, backend="django.contrib.auth.backends.ModelBackend")
        with CaptureQueriesContext(connection) as asked:
            mine.get(f"{BILLING}statement/")
        ledger = [query["sql"] for query in asked if "billing_ledgerentry" in query["sql"]]
        with connection.cursor() as cursor:
            return {
                sql: str(cursor.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()) for sql in ledger
            }

    def test_past_months_are_summed_in_the_order_of_their_index(self, plans):
        summed = [plan for sql, plan in plans.items() if "SUM" in sql and "NOT" in sql]
        assert ["COVERING INDEX ledger_by_month" in plan for plan in summed] == [True, True]

    def test_the_list_is_not_sorted(self, plans):
        listed = [plan for sql, plan in plans.items() if "SUM" not in sql]
        assert [plan for plan in listed if "TEMP B-TREE" in plan] == []


class TestCsv:
    def test_has_a_line_for_each_entry_newest_first(self, mine, rich):
        credits.reserve(rich, 300, job=uuid4())
        assert [row[2] for row in rows(mine)] == ["credits", "-3", "100"]

    def test_tells_the_balance_after_each(self, mine, rich):
        credits.reserve(rich, 300, job=uuid4())
        assert [row[3] for row in rows(mine)[1:]] == ["97", "100"]

    @pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
    def test_leaves_spreadsheets_nothing_to_compute(self, mine, rich, formula):
        credits.grant(rich, 1, reason=formula)
        assert rows(mine)[1][4] == f"'{formula}"

    def test_keeps_commas_and_quotes(self, mine, rich):
        credits.grant(rich, 1, reason='a "gift", twice')
        assert rows(mine)[1][4] == 'a "gift", twice'

    def test_is_narrowed_like_the_page(self, mine, rich):
        credits.reserve(rich, 300, job=uuid4())
        assert len(rows(mine, "?kind=usage")) == 2

    def test_is_a_file_to_keep(self, mine):
        header = mine.get(f"{BILLING}statement.csv").headers["Content-Disposition"]
        assert f"maskr-statement-{datetime.now(UTC):%Y}" in header

    def test_adds_up(self, mine, rich):
        for amount in (300, 25, 1):
            credits.reserve(rich, amount, job=uuid4())
        total = sum(round(float(row[2]) * 100) for row in rows(mine)[1:])
        assert total == credits.balance(rich) == LedgerEntry.objects.latest("pk").balance_after


@pytest.fixture
def two_days(rich):
    """A removal on the first of March, a segmentation on the second."""
    for day, service in ((1, "object-removal"), (2, "image-segmentation")):
        job = uuid4()
        credits.reserve(rich, 100, job=job, service=service)
        moment = datetime(2026, 3, day, 12, tzinfo=UTC)
        LedgerEntry.objects.filter(job=job).update(created_at=moment)


@pytest.mark.parametrize(
    ("query", "services"),
    [
        ("service=object-removal", ["object-removal"]),
        ("from=2026-03-02&until=2026-03-02", ["image-segmentation"]),
        ("from=2026-03-01&until=2026-03-01", ["object-removal"]),
        ("until=2026-03-02", ["image-segmentation", "object-removal"]),
        ("until=2026-02-28", []),
        ("until=2026-03-02&from=soon", ["image-segmentation", "object-removal"]),
        ("from=0001-01-01&until=9999-12-31", ["image-segmentation", "object-removal", ""]),
        ("month=2026-03", ["image-segmentation", "object-removal"]),
        ("month=9999-12", []),
        ("service=nonsense", []),
        ("service=%00nonsense", []),
    ],
)
def test_the_statement_is_narrowed_by_service_and_days(mine, two_days, query, services):
    assert [row[7] for row in rows(mine, f"?{query}")[1:]] == services


def test_the_page_keeps_the_filter_it_shows(mine, two_days):
    html = mine.get(f"{BILLING}statement/?service=object-removal&from=2026-03-01").content.decode()
    assert '<option value="object-removal" selected>' in html and 'value="2026-03-01"' in html
