"""How the admin finds accounts by what else than their address names them: one index each."""

from django.db.models import QuerySet

from accounts.backoffice.long_tables import first_of
from accounts.models import User

#: More digits than any account has; beyond them the database counts no further.
_MOST_DIGITS = 15
_AT_STRIPE = {"cus": "stripe_customer__customer", "sub": "subscriptions__id"}


def by_number_or_stripe(rows: QuerySet[User], words: str) -> QuerySet[User] | None:
    """By the number that logs tell, or by an id of Stripe's; None where an address may be meant."""
    if words.isdecimal() and len(words) <= _MOST_DIGITS:
        return first_of(rows, [{"pk": int(words)}])
    column = _AT_STRIPE.get(words.partition("_")[0])
    return first_of(rows, [{column: words}]) if column else None
