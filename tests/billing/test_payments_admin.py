"""Money in the admin: what is sold is edited, what happened is read, refunds are audited."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from billing import credits
from billing.models import CreditPack, MeterEvent, Payment, Purchase, Refund, StripeEvent
from tests.billing import told

FACTS = [
    "autotopup",
    "debtentry",
    "dispute",
    "meterevent",
    "purchase",
    "refund",
    "stripecustomer",
    "stripeevent",
    "subscription",
    "topupattempt",
]


@pytest.mark.parametrize("name", [*FACTS, "creditpack", "plan"])
def test_every_list_opens(admin_client, name, wanted, monthly):
    assert admin_client.get(f"/admin/billing/{name}/").status_code == 200


@pytest.mark.parametrize("name", FACTS)
def test_facts_are_not_added_by_hand(admin_client, name):
    assert admin_client.get(f"/admin/billing/{name}/add/").status_code == 403


def test_a_purchase_is_not_changed_by_hand(admin_client, wanted):
    path = f"/admin/billing/purchase/{wanted.pk}/change/"
    assert admin_client.post(path, {"credits": "1"}).status_code == 403


def test_a_purchase_is_told_in_credits_and_money(admin_client, wanted):
    html = admin_client.get(f"/admin/billing/purchase/{wanted.pk}/change/").content.decode()
    assert wanted.price in html and "hundredths" not in html and "minor" not in html


def test_a_purchase_is_not_deleted(admin_client, wanted):
    path = f"/admin/billing/purchase/{wanted.pk}/delete/"
    assert admin_client.post(path, {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    "words", ["cus_poor", "pi_{pk}", "re_1", "dp_{pk}", "poor@example.com", "in_love@example.com"]
)
def test_a_purchase_is_found_by_what_names_it(admin_client, tell, wanted, customer, poor, words):
    tell(told.completed(wanted), told.refund(wanted, "1", 100), told.dispute(wanted, "won"))
    if words.startswith("in_"):
        type(poor).objects.filter(pk=poor.pk).update(email=words)
    query = {"q": words.format(pk=wanted.pk)}
    html = admin_client.get("/admin/billing/purchase/", query).content.decode()
    assert f"/admin/billing/purchase/{wanted.pk}/change/" in html


@pytest.mark.parametrize("words", ["cus_nobody", "in", "re_"])
def test_no_purchase_is_found_by_what_names_none(admin_client, wanted, words):
    html = admin_client.get("/admin/billing/purchase/", {"q": words}).content.decode()
    assert "0 purchases" in html


def test_a_pack_is_put_on_sale(admin_client):
    fields = {
        "name": "P",
        "credits": "1",
        "price_minor": "100",
        "currency": "eur",
        "reason": "autumn",
    }
    admin_client.post("/admin/billing/creditpack/add/", fields | {"is_active": "on"})
    assert str(CreditPack.objects.get()) == "P: 1 credits, 1.00 EUR"


@pytest.mark.parametrize("wrong", [{"credits": "0"}, {"price_minor": "0"}, {"currency": "EURO"}])
def test_a_pack_of_nothing_is_refused(admin_client, wrong):
    fields = {
        "name": "P",
        "credits": "100",
        "price_minor": "100",
        "currency": "eur",
        "reason": "autumn",
    }
    admin_client.post("/admin/billing/creditpack/add/", fields | wrong)
    assert not CreditPack.objects.exists()


class TestRunAgain:
    @pytest.fixture
    def failed(self, client, signed, wanted):
        told.deliver(Client(), told.completed(wanted, amount_subtotal=1))
        return StripeEvent.objects.get()

    def run(self, admin_client, event):
        fields = {"action": "run_again", "_selected_action": [event.pk]}
        fields |= {"confirmed": "yes", "reason": "the plan is here now"}
        return admin_client.post("/admin/billing/stripeevent/", fields, follow=True)

    def test_state_and_error_are_listed(self, admin_client, failed):
        html = admin_client.get("/admin/billing/stripeevent/").content.decode()
        assert "but 1 usd was told" in html

    def test_what_failed_is_done_once_its_cause_is_gone(self, admin_client, failed, wanted, poor):
        Purchase.objects.update(price_minor=1)
        self.run(admin_client, failed)
        assert credits.balance(poor) == 100_000

    def test_what_still_fails_says_so(self, admin_client, failed):
        assert "failed:" in self.run(admin_client, failed).content.decode()

    def test_what_was_done_is_not_done_twice(self, admin_client, tell, wanted, poor):
        tell(told.completed(wanted))
        self.run(admin_client, StripeEvent.objects.get())
        assert credits.balance(poor) == 100_000

    def test_an_invoice_ignored_for_a_missing_plan_is_made_good(
        self, admin_client, tell, poor, customer, monthly
    ):
        type(monthly).objects.update(stripe_price="price_of_before")
        tell(told.invoice_paid(customer, "price_studio"))
        type(monthly).objects.update(stripe_price="price_studio")
        self.run(admin_client, StripeEvent.objects.get())
        assert credits.balance(poor) == 20_000

    def test_it_is_audited(self, admin_client, failed):
        self.run(admin_client, failed)
        assert "the plan is here now" in LogEntry.objects.get().change_message


class TestRefund:
    @pytest.fixture
    def reader(self, django_user_model):
        staff = django_user_model.objects.create_user("reader@example.com", is_staff=True)
        staff.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
        return staff

    @pytest.fixture
    def bought(self, shop, pack):
        shop.buy(pack)
        shop.bring()
        return Purchase.objects.get()

    def refund(self, admin_client, purchase, amount="50.00", reason="by mistake"):
        key = "7a0f4bd2-9a34-4b25-9a55-0d6a3d0c6f11"
        path = f"/admin/billing/purchase/{purchase.pk}/refund/"
        fields = {"amount": amount, "reason": reason, "key": key}
        return admin_client.post(path, fields, follow=True)

    def test_the_page_offers_what_was_paid(self, admin_client, bought):
        html = admin_client.get(f"/admin/billing/purchase/{bought.pk}/refund/").content.decode()
        assert 'value="50.00"' in html

    def test_money_and_credits_go_back(self, admin_client, bought, shop, stripe_server):
        self.refund(admin_client, bought)
        shop.bring()
        assert (shop.balance, stripe_server.find("refund")[0]["amount"]) == (0, 5_000)

    def test_sent_twice_it_is_one_refund(self, admin_client, bought, shop, stripe_server):
        self.refund(admin_client, bought, "10")
        self.refund(admin_client, bought, "10")
        assert len(stripe_server.find("refund")) == 1

    def opened(self, admin_client, purchase):
        """The refund page's hidden fields, as a browser would send them."""
        html = admin_client.get(f"/admin/billing/purchase/{purchase.pk}/refund/").content.decode()
        hidden = re.findall(r'<input type="hidden" name="(key|told_left)" value="([^"]+)"', html)
        return dict(hidden) | {"amount": "10", "reason": "case 7"}

    def send(self, admin_client, purchase, form):
        path = f"/admin/billing/purchase/{purchase.pk}/refund/"
        return admin_client.post(path, form, follow=True).content.decode()

    def test_the_same_part_asked_for_by_two_of_the_staff_is_refunded_once(
        self, admin_client, bought, stripe_server
    ):
        forms = [self.opened(admin_client, bought) for _ in range(2)]
        pages = [self.send(admin_client, bought, form) for form in forms]
        assert len(stripe_server.find("refund")) == 1
        assert "somebody refunded a part, and 40.00 USD is left" in pages[1]

    def test_while_one_is_being_made_there_is_no_other(self, admin_client, bought, stripe_server):
        Purchase.objects.update(refunding_until=timezone.now() + timedelta(minutes=1))
        html = self.send(admin_client, bought, self.opened(admin_client, bought))
        assert ("is just being made" in html, stripe_server.find("refund")) == (True, [])

    def test_one_that_died_on_its_way_keeps_no_other_for_good(
        self, admin_client, bought, stripe_server
    ):
        Purchase.objects.update(refunding_until=timezone.now() - timedelta(seconds=1))
        self.send(admin_client, bought, self.opened(admin_client, bought))
        assert len(stripe_server.find("refund")) == 1

    def test_a_second_part_can_be_refunded_at_once(self, admin_client, bought, stripe_server):
        for _ in range(2):
            self.send(admin_client, bought, self.opened(admin_client, bought))
        assert [refund["amount"] for refund in stripe_server.find("refund")] == [1_000, 1_000]

    def test_the_credits_of_a_part_are_taken_once(self, admin_client, bought, shop):
        self.send(admin_client, bought, self.opened(admin_client, bought))
        at_once = shop.balance
        shop.bring()
        assert (at_once, shop.balance) == (80_000, 80_000)

    def test_it_is_audited_with_its_reason(self, admin_client, bought):
        self.refund(admin_client, bought)
        assert "by mistake" in LogEntry.objects.get().change_message

    def test_it_wants_a_reason(self, admin_client, bought, stripe_server):
        self.refund(admin_client, bought, reason="")
        assert stripe_server.find("refund") == []

    def test_more_than_was_paid_is_refused(self, admin_client, bought, stripe_server):
        html = self.refund(admin_client, bought, "50.01").content.decode()
        assert ("50.00 USD is left to refund" in html, stripe_server.find("refund")) == (True, [])

    @pytest.mark.parametrize("is_told", [False, True])
    def test_after_a_part_the_rest_is_offered(self, admin_client, bought, shop, is_told):
        self.refund(admin_client, bought, "10")
        if is_told:
            shop.bring()
        html = admin_client.get(f"/admin/billing/purchase/{bought.pk}/refund/").content.decode()
        assert 'value="40.00"' in html

    def test_what_is_all_refunded_is_not_refunded_again(self, admin_client, bought, shop):
        self.refund(admin_client, bought)
        shop.bring()
        html = self.refund(admin_client, bought, "0.01").content.decode()
        assert "Everything has been refunded already." in html

    def test_what_a_failed_refund_did_not_bring_is_offered_again(self, admin_client, tell, wanted):
        failed = told.refund(wanted, "1", 2_000, "failed")
        tell(told.completed(wanted), told.refund(wanted, "1", 2_000), failed)
        html = admin_client.get(f"/admin/billing/purchase/{wanted.pk}/refund/").content.decode()
        assert 'value="50.00"' in html

    @pytest.mark.parametrize("amount", ["0", "-1", "0.001", "much", "1e999999"])
    def test_what_is_no_amount_is_refused(self, admin_client, bought, stripe_server, amount):
        self.refund(admin_client, bought, amount)
        assert stripe_server.find("refund") == []

    def test_currencies_without_cents_are_typed_without_them(self, admin_client, wanted):
        Purchase.objects.update(currency="jpy", paid_minor=500)
        html = admin_client.get(f"/admin/billing/purchase/{wanted.pk}/refund/").content.decode()
        assert "Amount in JPY" in html and 'value="500"' in html

    @pytest.mark.parametrize("page", ["", "{pk}/change/"])
    def test_list_and_page_lead_to_it(self, admin_client, bought, page):
        html = admin_client.get(f"/admin/billing/purchase/{page.format(pk=bought.pk)}").content
        assert f"/admin/billing/purchase/{bought.pk}/refund/" in html.decode()

    @pytest.mark.parametrize("page", ["", "{pk}/change/"])
    def test_nobody_is_led_to_it_after_all_the_money_went_back(
        self, admin_client, tell, customer, monthly, page
    ):
        tell(told.invoice_paid(customer, "price_studio"), told.invoice_payment())
        bought = Purchase.objects.get()
        path = f"/admin/billing/purchase/{page.format(pk=bought.pk)}"
        offered = [f"/{bought.pk}/refund/" in admin_client.get(path).content.decode()]
        Refund.objects.create(
            id="re_1", payment=Payment.objects.get(), amount_minor=bought.paid_minor or 0
        )
        offered.append(f"/{bought.pk}/refund/" in admin_client.get(path).content.decode())
        assert offered == [True, False]

    @pytest.mark.parametrize("page", ["", "{pk}/change/"])
    def test_nobody_is_led_to_it_without_the_right(self, client, reader, bought, page):
        client.force_login(reader, backend="django.contrib.auth.backends.ModelBackend")
        answer = client.get(f"/admin/billing/purchase/{page.format(pk=bought.pk)}")
        assert (answer.status_code, "/refund/" in answer.content.decode()) == (200, False)

    def test_it_ends_on_the_page_of_the_purchase(self, admin_client, bought):
        answer = self.refund(admin_client, bought)
        assert answer.redirect_chain == [(f"/admin/billing/purchase/{bought.pk}/change/", 302)]

    def test_without_payments_it_says_so(self, admin_client, wanted):
        assert "not configured" in self.refund(admin_client, wanted).content.decode()

    def test_it_is_closed_to_staff_without_the_right(self, client, django_user_model, wanted):
        staff = django_user_model.objects.create_user("staff@example.com", is_staff=True)
        client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
        assert self.refund(client, wanted).status_code == 403


def test_refused_usage_is_sent_again(admin_client, rich):
    event = MeterEvent.objects.create(
        job="7a0f4bd2-9a34-4b25-9a55-0d6a3d0c6f11",
        account=rich.credit_account,
        event_name="images",
        state="refused",
    )
    fields = {"action": "send_again", "_selected_action": [str(event.pk)]}
    fields |= {"confirmed": "yes", "reason": "the meter is mended"}
    admin_client.post("/admin/billing/meterevent/", fields)
    event.refresh_from_db()
    assert event.state == "pending"
