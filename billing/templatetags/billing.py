"""Credits and money as the billing pages write them."""

from django import template

from accounts.models import ApiKey
from billing import amounts, caps

register = template.Library()


@register.filter
def credits(hundredths: int | None) -> str:
    return amounts.to_grouped_text(hundredths or 0)


@register.filter
def spent_this_month(key: ApiKey) -> int:
    return caps.spent(key)
