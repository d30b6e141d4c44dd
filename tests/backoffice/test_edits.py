"""Two of the staff who edit the same at once: the later one does not undo what the first one did."""

import re
import threading

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction

from billing.models import CreditPack
from tests.backoffice.conftest import ACCOUNTS
from tests.racing import at_once, until

PACKS = "/admin/billing/creditpack/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def pack() -> CreditPack:
    return CreditPack.objects.create(
        name="P", credits=10_000, price_minor=4_900, currency="usd", is_active=True
    )


def opened(staff, path: str) -> dict[str, str]:
    """What a browser sends of a page that was only opened, with a reason."""
    html = staff.get(path)
    texts = re.findall(r'<input type="(?:text|number|hidden)" name="(\w+)" value="([^"]*)"', html)
    ticked = re.findall(r'<input type="checkbox" name="(\w+)"[^>]* checked', html)
    return dict(texts) | dict.fromkeys(ticked, "on") | {"reason": "case 7"}


def test_a_page_that_was_opened_before_a_change_undoes_nothing(staff, pack):
    first, second = staff("finance"), staff("operator")
    path = f"{PACKS}{pack.pk}/change/"
    stale = opened(second, path) | {"name": "Small"}
    off_sale = opened(first, path)
    off_sale.pop("is_active")
    first.client.post(path, off_sale)
    html = second.client.post(path, stale).content.decode()
    pack.refresh_from_db()
    assert (pack.name, pack.is_active, "Somebody changed this since" in html) == ("P", False, True)


def test_what_was_changed_meanwhile_can_be_sent_after_a_look(staff, pack):
    finance = staff("finance")
    path = f"{PACKS}{pack.pk}/change/"
    stale = opened(finance, path) | {"name": "Small"}
    CreditPack.objects.update(price_minor=5_900)
    again = finance.client.post(path, stale).content.decode()
    (shown,) = re.findall(r'name="shown" value="([^"]*)"', again)
    finance.client.post(path, stale | {"shown": shown})
    pack.refresh_from_db()
    assert (pack.name, pack.price_minor) == ("Small", 4_900)


def test_choices_of_several_stay_chosen_on_a_page_that_was_overtaken(staff, django_user_model):
    chief = staff(is_superuser=True)
    carol = django_user_model.objects.create_user("carol@example.com")
    path = f"{ACCOUNTS}{carol.pk}/change/"
    groups = [str(group.pk) for group in Group.objects.all()]
    stale = opened(chief, path) | {"groups": groups}
    django_user_model.objects.filter(pk=carol.pk).update(rate_factor=5)
    html = chief.client.post(path, stale).content.decode()
    assert [pk for pk in groups if f'<option value="{pk}" selected>' not in html] == []


def test_a_page_that_nobody_overtook_is_saved(staff, pack):
    finance = staff("finance")
    path = f"{PACKS}{pack.pk}/change/"
    finance.client.post(path, opened(finance, path) | {"name": "Small"})
    pack.refresh_from_db()
    assert pack.name == "Small"


def test_what_no_form_edits_overtakes_nobody(staff, django_user_model):
    operator = staff("operator")
    carol = django_user_model.objects.create_user("carol@example.com")
    path = f"{ACCOUNTS}{carol.pk}/change/"
    form = opened(operator, path) | {"rate_factor": "4"}
    django_user_model.objects.filter(pk=carol.pk).update(notify_by_mail=False)
    operator.client.post(path, form)
    carol.refresh_from_db()
    assert carol.rate_factor == 4


def test_the_history_does_not_tell_of_the_mark(staff, pack, history):
    finance = staff("finance")
    path = f"{PACKS}{pack.pk}/change/"
    finance.client.post(path, opened(finance, path) | {"name": "Small"})
    assert history(pack) == ["Name: P → Small. Reason: case 7"]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_just_being_saved_is_not_undone_by_one_of_the_same_instant(staff, pack):
    finance = staff("finance")
    path = f"{PACKS}{pack.pk}/change/"
    form = opened(finance, path) | {"name": "Small"}
    answers: list[str] = []

    def save(_: object) -> None:
        answers.append(finance.client.post(path, form).content.decode())

    later = threading.Thread(target=at_once, args=[save, [None]])
    try:
        with transaction.atomic():
            CreditPack.objects.filter(pk=pack.pk).update(price_minor=5_900)
            later.start()
            until(_somebody_waits)
    finally:
        later.join()
    pack.refresh_from_db()
    assert (pack.name, pack.price_minor) == ("P", 5_900)
    assert "Somebody changed this since you opened the page." in answers[0]


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select pg_stat_clear_snapshot()")
        cursor.execute(
            "select exists(select from pg_locks join pg_stat_activity using (pid)"
            " where not granted and datname = current_database())"
        )
        return bool(cursor.fetchone()[0])
