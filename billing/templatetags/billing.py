"""Credits and money as the billing pages write them."""

from django import template

from accounts.models import ApiKey
from billing import amounts, caps, statement

register = template.Library()


@register.filter
def credits(hundredths: int | None) -> str:
    return amounts.to_grouped_text(hundredths or 0)


@register.filter
def moved(hundredths: int) -> str:
    """-300 -> "−3", 300 -> "+3": a hyphen is passed over where numbers are read out."""
    sign = "\N{MINUS SIGN}" if hundredths < 0 else "+"
    return sign + amounts.to_grouped_text(abs(hundredths))


@register.filter
def movement(kind: str) -> str:
    """What happened, in the words of whoever owns the credits."""
    return statement.WORDS[statement.Kind(kind)]


@register.filter
def with_spending(keys: list[ApiKey]) -> list[tuple[ApiKey, int]]:
    """Each with what it spent this month, in hundredths; those without a cap are not asked about."""
    spent = caps.spent_by([key for key in keys if key.monthly_credit_cap_hundredths is not None])
    return [(key, spent.get(key.pk, 0)) for key in keys]
