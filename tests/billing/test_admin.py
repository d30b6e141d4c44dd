from uuid import uuid4

import pytest

from billing import credits
from billing.errors import MovedAlready
from billing.models import AutoTopUp, CreditAccount, LedgerEntry, ServicePrice

ENTRIES = "/admin/billing/ledgerentry/"


def grant(client, user, amount, reason="support case 7"):
    form = {"user": user.pk, "credits": amount, "reason": reason, "key": uuid4()}
    return client.post(f"{ENTRIES}add/", form)


def test_grants_credits(admin_client, rich):
    grant(admin_client, rich, "12.5")
    assert credits.balance(rich) == 11_250


def test_grants_credits_to_someone_who_never_had_any(admin_client, poor):
    grant(admin_client, poor, "1")
    assert credits.balance(poor) == 100


def test_notes_reason_and_person(admin_client, admin_user, rich):
    grant(admin_client, rich, "1")
    entry = LedgerEntry.objects.latest("pk")
    assert (entry.reason, entry.actor, entry.kind) == ("support case 7", admin_user, "grant")


def test_takes_credits_back_as_an_adjustment(admin_client, rich):
    grant(admin_client, rich, "-2.50")
    assert (LedgerEntry.objects.latest("pk").kind, credits.balance(rich)) == ("adjust", 9_750)


@pytest.mark.parametrize("amount", ["-100.01", "0", "0.001", "much", "NaN", "", "1e30", "1e999999"])
def test_refuses_an_amount(admin_client, rich, amount):
    response = grant(admin_client, rich, amount)
    assert (response.status_code, credits.balance(rich)) == (200, 10_000)


def test_of_one_form_sent_twice_at_the_same_moment_one_moves_credits(admin_user, rich):
    form = uuid4()
    credits.grant_by_hand(rich, 500, reason="case 7", form=form, actor=admin_user)
    with pytest.raises(MovedAlready, match="it gave 5 credits then"):
        credits.grant_by_hand(rich, 500, reason="case 7", form=form, actor=admin_user)


def test_says_how_much_there_is_to_take_back(admin_client, rich):
    response = grant(admin_client, rich, "-100.01")
    assert "The account holds only 100 credits." in response.content.decode()


def test_wants_a_reason(admin_client, rich):
    grant(admin_client, rich, "1", reason="")
    assert credits.balance(rich) == 10_000


def test_lists_entries_with_the_balance_after_them(admin_client, rich):
    html = admin_client.get(ENTRIES).content.decode()
    assert "to begin with" in html and ">100<" in html


def test_offers_no_change_of_an_entry(admin_client, rich):
    entry = LedgerEntry.objects.get()
    response = admin_client.post(f"{ENTRIES}{entry.pk}/change/", {"credits": 5, "reason": "x"})
    assert response.status_code == 403


def test_offers_no_deletion_of_an_entry(admin_client, rich):
    entry = LedgerEntry.objects.get()
    assert admin_client.post(f"{ENTRIES}{entry.pk}/delete/", {"post": "yes"}).status_code == 403


def test_shows_a_balance_without_letting_it_be_typed(admin_client, rich):
    path = f"/admin/billing/creditaccount/{rich.credit_account.pk}/change/"
    admin_client.post(path, {"balance": 99})
    assert credits.balance(rich) == 10_000


def test_changes_a_price(admin_client):
    fields = {"hundredths": "1.5", "reason": "spring prices"}
    admin_client.post("/admin/billing/serviceprice/background-removal/change/", fields)
    assert ServicePrice.objects.get(service="background-removal").hundredths == 150


def test_is_closed_to_customers(client, rich):
    client.force_login(rich, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(ENTRIES).status_code == 302


def test_an_automatic_top_up_is_found_by_its_account(admin_client, poor, pack):
    account, _ = CreditAccount.objects.get_or_create(user=poor)
    wish = AutoTopUp.objects.create(account=account, threshold=100, pack=pack)
    page = f"/admin/billing/autotopup/{wish.pk}/change/"
    asked = [admin_client.get("/admin/billing/autotopup/", {"q": q}) for q in (poor.email, "dave")]
    assert [page in answer.content.decode() for answer in asked] == [True, False]
