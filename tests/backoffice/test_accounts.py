"""Accounts in the admin: what stands there, credits given and taken, every change with a reason."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from billing import credits
from billing.models import LedgerEntry, Plan, StripeCustomer, Subscription
from services.models import UsageDay
from tests.backoffice.conftest import ACCOUNTS

KEY = "7a0f4bd2-9a34-4b25-9a55-0d6a3d0c6f11"


@pytest.fixture
def carol(db, django_user_model):
    user = django_user_model.objects.create_user("carol@example.com")
    credits.grant(user, 12_550, reason="to begin with")
    return user


def page(staff, user) -> str:
    return staff.get(f"{ACCOUNTS}{user.pk}/change/")


def grant(staff, user, amount, reason="case 7", key=KEY):
    return staff.act(ACCOUNTS, "grant_credits", user, credits=amount, key=key, reason=reason)


def test_the_list_tells_balance_and_plan(support, carol):
    plan = Plan.objects.create(name="Studio", kind="subscription", stripe_price="price_1")
    Subscription.objects.create(id="sub_1", user=carol, plan=plan, status="active")
    html = support.get(ACCOUNTS)
    assert ">125.50<" in html and ">Studio<" in html


def test_a_plan_that_ended_is_not_told(support, carol):
    plan = Plan.objects.create(name="Studio", kind="subscription", stripe_price="price_1")
    Subscription.objects.create(id="sub_1", user=carol, plan=plan, status="canceled")
    assert ">Prepaid<" in support.get(ACCOUNTS)


def test_the_list_tells_when_a_key_was_last_used(support, carol):
    from accounts import keys

    key, _ = keys.create(carol, "shop")
    type(key).objects.update(last_used_at=datetime(2026, 3, 4, tzinfo=UTC))
    assert "4 Mar 2026" in support.get(ACCOUNTS)


@pytest.mark.parametrize(("words", "found"), [("carol", True), ("dave", False)])
def test_an_account_is_found_by_its_address(support, carol, words, found):
    assert ("carol@example.com</a>" in support.get(ACCOUNTS, q=words)) == found


@pytest.mark.parametrize("words", ["cus_carol", "sub_carol", "{pk}"])
def test_an_account_is_found_by_what_names_it_in_logs_and_at_stripe(
    support, carol, django_user_model, words
):
    StripeCustomer.objects.create(user=carol, customer="cus_carol")
    Subscription.objects.create(id="sub_carol", user=carol, status="active")
    other = django_user_model.objects.create_user("dave@example.com")
    html = support.get(ACCOUNTS, q=words.format(pk=carol.pk))
    found = [user.email for user in (carol, other) if f"{ACCOUNTS}{user.pk}/change/" in html]
    assert found == ["carol@example.com"]


def test_an_address_with_digits_is_found_where_no_account_has_that_number(support, carol):
    type(carol).objects.filter(pk=carol.pk).update(email="carol987654@example.com")
    assert "carol987654@example.com</a>" in support.get(ACCOUNTS, q="987654")


def test_its_page_draws_the_usage(support, carol):
    day = timezone.now().date() - timedelta(days=2)
    UsageDay.objects.create(owner=carol, day=day, service="s", bucket=9, jobs=7, credits=700)
    UsageDay.objects.create(owner=carol, day=day, service="s", bucket=0, jobs=2)
    assert f"{day}: 7 completed, 2 failed, 7 credits" in page(support, carol)


def test_its_page_says_when_there_is_no_usage(support, carol):
    assert "No jobs in the last 30 days." in page(support, carol)


def test_its_page_leads_to_jobs_keys_and_ledger(support, carol):
    html = page(support, carol)
    assert f"/admin/services/job/?owner__id__exact={carol.pk}" in html
    ledger = f"/admin/billing/ledgerentry/?account__id__exact={carol.credit_account.pk}"
    assert ledger in html
    assert "125.50" in support.get(ledger)


def test_credits_are_granted(finance, carol):
    assert "5 credits granted to carol@example.com." in grant(finance, carol, "5").content.decode()
    assert credits.balance(carol) == 13_050


def test_credits_are_taken(finance, carol):
    grant(finance, carol, "-25.50")
    entry = LedgerEntry.objects.latest("pk")
    assert (entry.kind, entry.amount, entry.reason, entry.actor) == (
        "adjust", -2_550, "case 7", finance.user,
    )  # fmt: skip


def test_the_same_form_twice_is_one_grant(finance, carol):
    grant(finance, carol, "5")
    grant(finance, carol, "5")
    assert credits.balance(carol) == 13_050


def test_a_grant_that_was_sent_twice_is_in_the_history_once(finance, carol, history):
    grant(finance, carol, "5")
    assert "was sent already" in grant(finance, carol, "5").content.decode()
    assert len(history(carol)) == 1


def test_a_grant_whose_form_was_changed_and_sent_again_says_that_nothing_moved(finance, carol):
    grant(finance, carol, "5")
    html = grant(finance, carol, "50").content.decode()
    assert ("50 credits granted" in html, "was sent already" in html) == (False, True)


def test_more_than_there_is_is_not_taken(finance, carol):
    html = grant(finance, carol, "-125.51").content.decode()
    assert ("holds only 125.50 credits" in html, credits.balance(carol)) == (True, 12_550)


@pytest.mark.parametrize("amount", ["0", "0.001", "much", "NaN", "", "1e30", "-Infinity"])
def test_what_is_no_amount_is_refused(finance, carol, amount):
    assert grant(finance, carol, amount).status_code == 200
    assert credits.balance(carol) == 12_550


def test_a_grant_is_in_the_history(finance, carol, history):
    grant(finance, carol, "5", "goodwill")
    assert history(carol) == ["5 credits granted to carol@example.com. Reason: goodwill"]


def test_a_change_tells_before_and_after_and_why(operator, carol, history):
    fields = {"email": carol.email, "rate_factor": "4", "reason": "a large customer"}
    operator.client.post(f"{ACCOUNTS}{carol.pk}/change/", fields)
    assert history(carol) == ["Rate factor: 1 → 4. Reason: a large customer"]


def test_a_change_without_a_reason_is_refused(operator, carol):
    fields = {"email": carol.email, "rate_factor": "4"}
    operator.client.post(f"{ACCOUNTS}{carol.pk}/change/", fields)
    carol.refresh_from_db()
    assert carol.rate_factor == 1


def test_the_history_is_filtered_by_the_kinds_it_has(operator, carol):
    fields = {"email": carol.email, "rate_factor": "4", "reason": "a large customer"}
    operator.client.post(f"{ACCOUNTS}{carol.pk}/change/", fields)
    kind = LogEntry.objects.get().content_type_id
    html = operator.get("/admin/admin/logentry/", content_type=kind)
    assert "a large customer" in html and set(re.findall(r"content_type=(\d+)", html)) == {
        str(kind)
    }


def test_an_account_whose_keys_were_never_used_says_so(operator, carol):
    assert ">never<" in operator.get(f"{ACCOUNTS}{carol.pk}/change/")


def test_the_history_is_shown(operator, carol):
    fields = {"email": carol.email, "rate_factor": "4", "reason": "a large customer"}
    operator.client.post(f"{ACCOUNTS}{carol.pk}/change/", fields)
    assert "a large customer" in operator.get(f"{ACCOUNTS}{carol.pk}/history/")
    assert "a large customer" in operator.get("/admin/admin/logentry/")


@pytest.mark.parametrize(
    ("state", "offered"), [(True, "Suspend</button>"), (False, "Open again</button>")]
)
def test_the_page_offers_what_makes_sense(operator, carol, state, offered):
    type(carol).objects.filter(pk=carol.pk).update(is_active=state)
    html = page(operator, carol)
    both = [text for text in ("Suspend</button>", "Open again</button>") if text in html]
    assert both == [offered]


def test_a_button_of_its_page_leads_back_to_its_page(finance, carol):
    fields = {"credits": "2", "key": KEY, "from_page": "yes"}
    answer = finance.act(ACCOUNTS, "grant_credits", carol, **fields)
    assert answer.redirect_chain == [(f"{ACCOUNTS}{carol.pk}/change/", 302)]


def test_the_question_of_such_a_button_leads_back_to_the_page(finance, carol):
    asked = {"action": "grant_credits", "_selected_action": [carol.pk], "from_page": "yes"}
    html = finance.client.post(ACCOUNTS, asked).content.decode()
    assert f'<a class="closelink" href="{ACCOUNTS}{carol.pk}/change/">Back</a>' in html


def test_an_action_of_the_list_leads_back_to_the_list(finance, carol):
    answer = grant(finance, carol, "2")
    assert answer.redirect_chain == [(ACCOUNTS, 302)]


def test_more_than_a_hundred_at_once_are_refused(operator, django_user_model):
    users = [django_user_model(email=f"u{n}@example.com") for n in range(101)]
    django_user_model.objects.bulk_create(users)
    html = operator.act(ACCOUNTS, "suspend", *users).content.decode()
    assert "at most 100" in html
    assert not django_user_model.objects.filter(is_active=False).exists()


def test_the_page_takes_few_queries_for_a_superuser(staff, carol, django_assert_max_num_queries):
    chief = staff(is_superuser=True)
    page(chief, carol)
    with django_assert_max_num_queries(12):
        page(chief, carol)


@pytest.mark.parametrize("count", [1, 60])
def test_more_accounts_take_no_more_queries(
    support, carol, count, django_user_model, django_assert_num_queries
):
    users = [django_user_model(email=f"u{n}@example.com") for n in range(count)]
    django_user_model.objects.bulk_create(users)
    support.get(ACCOUNTS)
    with django_assert_num_queries(6):
        support.get(ACCOUNTS)
