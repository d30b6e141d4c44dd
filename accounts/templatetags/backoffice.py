"""Pieces of the admin's pages that the stock tags do too slowly for long tables."""

from typing import Any

from django import template
from django.urls import reverse

from accounts.backoffice import calendar

register = template.Library()

#: What the staff open daily: the words, the list, the right to see it.
_LISTS = (
    ("Jobs", "services_job", "services.view_job"),
    ("Batches", "services_batch", "services.view_batch"),
    ("Accounts", "accounts_user", "accounts.view_user"),
    ("Keys", "accounts_apikey", "accounts.view_apikey"),
    ("Ledger", "billing_ledgerentry", "billing.view_ledgerentry"),
    ("Purchases", "billing_purchase", "billing.view_purchase"),
    ("Stripe events", "billing_stripeevent", "billing.view_stripeevent"),
    ("Prices", "billing_serviceprice", "billing.view_serviceprice"),
    ("Workers and models", "services_liveworker", "services.view_liveworker"),
    ("History", "admin_logentry", "admin.view_logentry"),
)


@register.inclusion_tag("admin/_main_lists.html", takes_context=True)
def main_lists(context: Any) -> dict[str, Any]:
    request = context["request"]
    links = [
        {"text": text, "url": reverse(f"admin:{name}_changelist")}
        for text, name, right in _LISTS
        if request.user.has_perm(right)
    ]
    for link in links:
        link["is_current"] = request.path.startswith(link["url"])
    return {"links": links}


@register.inclusion_tag("admin/date_hierarchy.html")
def calendar_steps(changelist: Any) -> dict[str, Any]:
    return calendar.steps(changelist)
