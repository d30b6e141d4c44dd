"""Ledger, prices, packs and payment events: read by all staff, changed by few, told in the history."""

from uuid import UUID

import pytest

from billing import credits
from billing.models import CreditPack, LedgerEntry, Purchase, ServicePrice, StripeEvent
from billing.prices import DEFAULT_PRICES, price_of

LEDGER, PRICES = "/admin/billing/ledgerentry/", "/admin/billing/serviceprice/"
EVENTS, PACKS = "/admin/billing/stripeevent/", "/admin/billing/creditpack/"
UNUSED = "11111111-9a34-4b25-9a55-0d6a3d0c6f11"
JOB = "7a0f4bd2-9a34-4b25-9a55-0d6a3d0c6f11"
pytestmark = pytest.mark.django_db


@pytest.fixture
def carol(django_user_model):
    user = django_user_model.objects.create_user("carol@example.com")
    credits.grant(user, 10_000, reason="to begin with")
    return user


class TestLedger:
    FIELDS = {"credits": "5", "reason": "a long night", "key": UNUSED}

    def test_entries_are_found_by_their_purchase(self, support, carol):
        account = carol.credit_account
        purchase = Purchase.objects.create(
            account=account, kind="pack", credits=100, price_minor=100, currency="usd"
        )
        credits.add(
            account, 777, kind=LedgerEntry.Kind.PURCHASE, key="p", reason="Pack", purchase=purchase
        )
        assert ">7.77<" in support.get(LEDGER, q=str(purchase.pk))

    @pytest.mark.parametrize("words", ["carol@example.com", "carol", JOB])
    def test_entries_are_found_by_account_and_job(self, support, carol, words):
        credits.reserve(carol, 300, job=UUID(JOB))
        assert ">-3<" in support.get(LEDGER, q=words)

    def test_nothing_is_found_for_nobody(self, support, carol):
        assert "0 ledger entries" in support.get(LEDGER, q="nobody")

    def test_the_page_of_an_entry_tells_whose_and_why(self, support, finance, carol):
        credits.grant(carol, 500, reason="a long night", actor=finance.user)
        html = support.get(f"{LEDGER}{LedgerEntry.objects.latest('pk').pk}/change/")
        told = ("carol@example.com", ">105<", "a long night", "finance@staff.example")
        assert [words for words in told if words not in html] == []

    def test_the_same_form_twice_is_one_entry(self, finance, carol):
        for _ in range(2):
            finance.client.post(f"{LEDGER}add/", self.FIELDS | {"user": carol.pk})
        assert credits.balance(carol) == 10_500

    def test_the_same_form_twice_is_in_the_history_once(self, finance, carol, history):
        for _ in range(2):
            finance.client.post(f"{LEDGER}add/", self.FIELDS | {"user": carol.pk})
        assert len(history(LedgerEntry.objects.latest("pk"))) == 1

    def test_the_same_form_twice_says_so(self, finance, carol):
        path, fields = f"{LEDGER}add/", self.FIELDS | {"user": carol.pk}
        finance.client.post(path, fields)
        assert "was sent already" in finance.client.post(path, fields).content.decode()

    def test_a_grant_is_in_the_history_with_its_reason(self, finance, carol, history):
        finance.client.post(f"{LEDGER}add/", self.FIELDS | {"user": carol.pk})
        entry = LedgerEntry.objects.latest("pk")
        assert history(entry) == ["5 credits, carol@example.com. Reason: a long night"]

    def test_support_adds_nothing(self, support, carol):
        path = f"{LEDGER}add/"
        assert support.client.post(path, {"user": carol.pk, "credits": "5"}).status_code == 403

    @pytest.mark.parametrize("count", [1, 60])
    def test_more_entries_take_no_more_queries(
        self, support, carol, count, django_assert_num_queries
    ):
        for number in range(count):
            credits.grant(carol, 100, reason="x", key=str(number))
        support.get(LEDGER)
        with django_assert_num_queries(7):
            support.get(LEDGER)


class TestPrices:
    def change(self, staff, price, reason="spring", service="picsart"):
        fields = {"hundredths": price, "reason": reason}
        return staff.client.post(f"{PRICES}{service}/change/", fields)

    def test_every_service_api_and_size_is_listed(self, support):
        html = support.get(PRICES)
        assert all(f"{name}</a>" in html for name in DEFAULT_PRICES)

    def test_one_is_changed_in_credits(self, finance):
        self.change(finance, "0.75")
        assert price_of("picsart") == 75

    def test_the_history_tells_before_and_after_and_why(self, finance, history):
        self.change(finance, "0.75")
        row = ServicePrice.objects.get(pk="picsart")
        assert history(row) == ["price in credits: 1 → 0.75. Reason: spring"]

    @pytest.mark.parametrize("price", ["-1", "0.001", "x", "", "NaN", "1e9", "Infinity"])
    def test_what_is_no_price_is_refused(self, finance, price):
        assert self.change(finance, price).status_code == 200
        assert price_of("picsart") == 100

    def test_without_a_reason_nothing_changes(self, finance):
        self.change(finance, "0.75", reason="")
        assert price_of("picsart") == 100

    def test_what_nobody_sells_gets_no_price(self, finance):
        fields = {"service": "teleportation", "hundredths": "1", "reason": "x"}
        html = finance.client.post(f"{PRICES}add/", fields).content.decode()
        assert "Nothing is sold under this name." in html

    def test_no_price_is_deleted(self, operator):
        path = f"{PRICES}picsart/delete/"
        assert operator.client.post(path, {"post": "yes"}).status_code == 403


class TestPacks:
    FIELDS = {"name": "P", "credits": "100", "price_minor": "100", "currency": "eur"}

    def test_finance_puts_one_on_sale(self, finance):
        finance.client.post(f"{PACKS}add/", self.FIELDS | {"reason": "autumn"})
        assert CreditPack.objects.filter(name="P").exists()

    def test_a_list_of_none_says_so(self, finance):
        assert "0 credit packs" in " ".join(finance.get(PACKS).split())

    def test_credits_are_typed_as_credits(self, finance):
        finance.client.post(f"{PACKS}add/", self.FIELDS | {"credits": "12.5", "reason": "autumn"})
        assert CreditPack.objects.get(name="P").credits == 1_250

    def test_credits_are_shown_as_credits(self, finance):
        pack = CreditPack.objects.create(**self.FIELDS | {"credits": 1_250})
        assert 'value="12.50"' in finance.client.get(f"{PACKS}{pack.pk}/change/").content.decode()

    def test_credits_left_as_they_are_are_no_change(self, finance, history):
        pack = CreditPack.objects.create(**self.FIELDS | {"credits": 1_250})
        kept = self.FIELDS | {"credits": "12.50", "is_active": "on", "reason": "none"}
        finance.client.post(f"{PACKS}{pack.pk}/change/", kept)
        assert history(pack)[0] == "Nothing. Reason: none"

    def test_support_does_not(self, support):
        path = f"{PACKS}add/"
        assert support.client.post(path, self.FIELDS | {"reason": "x"}).status_code == 403

    def test_a_change_is_told(self, finance, history):
        pack = CreditPack.objects.create(**self.FIELDS)
        changed = self.FIELDS | {"price_minor": "90", "is_active": "on", "reason": "sale"}
        finance.client.post(f"{PACKS}{pack.pk}/change/", changed)
        told = history(pack)[0]
        assert "100 → 90" in told and told.endswith("Reason: sale")


class TestEvents:
    @pytest.fixture
    def event(self):
        return StripeEvent.objects.create(
            id="evt_1",
            type="ping.sent",
            payload={
                "id": "evt_1",
                "type": "ping.sent",
                "created": 1,
                "data": {"object": {"id": "x"}},
            },
            state="failed",
        )

    @pytest.mark.parametrize("words", ["evt_1", "ping.sent"])
    def test_one_is_found_by_id_and_type(self, support, event, words):
        assert "evt_1" in support.get(EVENTS, q=words)

    def test_types_of_late_are_offered_to_filter_by(self, support, event):
        assert "?type=ping.sent" in support.get(EVENTS)

    def test_support_runs_nothing_again(self, support, event):
        support.act(EVENTS, "run_again", event)
        event.refresh_from_db()
        assert event.state == "failed"

    def test_finance_runs_one_again(self, finance, event, history):
        finance.act(EVENTS, "run_again", event, reason="mended")
        event.refresh_from_db()
        assert event.state == "ignored"
        assert history(event)[0].endswith("Reason: mended")

    def test_its_page_tells_the_contents_as_a_table(self, support, event):
        event.payload["data"]["object"] = {"id": "pi_1", "card": {"brand": "visa"}}
        event.save()
        html = support.get(f"{EVENTS}evt_1/change/")
        assert "<td>card: brand</td><td>visa</td>" in html and "{&quot;" not in html

    def test_its_page_opens_when_the_contents_are_gone(self, support, event):
        StripeEvent.objects.update(payload={})
        assert "evt_1" in support.get(f"{EVENTS}evt_1/change/")

    def test_its_page_offers_it(self, finance, event):
        assert "Run again</button>" in finance.get(f"{EVENTS}evt_1/change/")
