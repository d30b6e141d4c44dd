"""Lists of the admin asked for what cannot be: they say so, and nothing fails."""

import pytest
from django.contrib.admin import site
from django.urls import reverse

from tests.backoffice.conftest import JOBS

pytestmark = pytest.mark.django_db
DATE = "created_at__"


@pytest.mark.parametrize(
    "day",
    [
        {"year": "9999", "month": "12", "day": "31"},
        {"year": "9999", "month": "12"},
        {"year": "9999"},
        {"year": "9" * 12},
        {"year": "2026", "month": "13"},
    ],
    ids=str,
)
def test_a_day_that_cannot_be_shown_leads_back_to_the_list(operator, day):
    asked = {f"{DATE}{part}": number for part, number in day.items()}
    assert operator.client.get(JOBS, asked).url == f"{JOBS}?e=1"


def test_a_kind_that_is_no_number_leads_back_to_the_history(operator):
    path = "/admin/admin/logentry/"
    assert operator.client.get(path, {"content_type": "abc"}).url == f"{path}?e=1"


@pytest.mark.parametrize(
    "path",
    [
        f"{JOBS}?state__exact=%00",
        f"{JOBS}?engine=%00",
        "/admin/accounts/user/?q=%00",
        "/admin/billing/stripeevent/?state__exact=%00",
    ],
)
def test_nothing_holds_a_null_character(operator, path):
    assert 'id="result_list"' not in operator.get(path)


def test_a_row_named_by_a_null_character_is_not_there(operator):
    answer = operator.client.get("/admin/billing/stripeevent/%00/change/", follow=True)
    assert "Perhaps it was deleted?" in answer.content.decode()


LISTS = list(site._registry)


@pytest.mark.parametrize("lookup", ["pk__range", "pk__regex", "pk__iregex", "pk__gte", "pk__in"])
@pytest.mark.parametrize("model", LISTS, ids=lambda model: model._meta.model_name)
def test_no_lookup_that_somebody_types_breaks_a_list(admin_client, model, lookup):
    path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    assert admin_client.get(path, {lookup: "a(c"}, follow=True).status_code in (200, 400)


@pytest.mark.parametrize("chosen", ["a(c", "9" * 30, "-1", "\x00", ""])
@pytest.mark.parametrize("model", LISTS, ids=lambda model: model._meta.model_name)
def test_no_row_that_somebody_names_breaks_an_action(admin_client, admin_user, rf, model, chosen):
    path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    request = rf.get(path)
    request.user = admin_user
    for action in site._registry[model].get_actions(request):
        fields = {"action": action, "_selected_action": [chosen]}
        assert admin_client.post(path, fields, follow=True).status_code == 200
