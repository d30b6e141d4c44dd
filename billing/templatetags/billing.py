"""Credits and money as the billing pages write them."""

from django import template

from billing import amounts

register = template.Library()


@register.filter
def credits(hundredths: int | None) -> str:
    return amounts.to_text(hundredths or 0)
