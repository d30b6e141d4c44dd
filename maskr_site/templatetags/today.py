"""The numbers of the day on the admin's first page, for whoever may see jobs."""

from typing import Any

from django import template

from maskr_site.admin import today

register = template.Library()


@register.inclusion_tag("admin/_today.html", takes_context=True)
def numbers_of_today(context: Any) -> dict[str, Any]:
    user = context["request"].user
    if not user.has_perm("services.view_job"):
        return {}
    return {"numbers": today.numbers(), "sees_money": user.has_perm("billing.view_purchase")}
