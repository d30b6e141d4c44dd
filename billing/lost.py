"""What was sold after the backup that a database was restored from, as Stripe's events tell it.

Only for events that the operator fetches (billing.replay), never for those that are delivered: another
installation may share the account at Stripe, and what it sells is not ours to grant.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from accounts.models import User
from billing import purchases
from billing.models import CreditAccount, CreditPack, Purchase, StripeCustomer

Object = dict[str, Any]
Kind = Purchase.Kind
NOT_HERE = "paid for a purchase that is not in this database"


def customer(told: Object) -> str:
    """Whose customer it is. The address has to agree as well: numbers of accounts that were opened after
    the backup are given anew after it."""
    number = str((told.get("metadata") or {}).get("user") or "")
    mine = User.objects.filter(pk=number, email=told.get("email")) if number.isdecimal() else None
    user = mine.first() if mine is not None else None
    if user is None:
        return "not a customer of ours"
    known, _ = StripeCustomer.objects.get_or_create(user=user, defaults={"customer": told["id"]})
    return "" if known.customer == told["id"] else "its account has another customer since"


def is_top_up(intent: Object) -> bool:
    """Of a pack the checkout tells more than its payment does."""
    return (intent.get("metadata") or {}).get("kind") == Kind.TOP_UP


def purchase(purchase_id: UUID, told: Object, price_minor: int) -> Purchase | None:
    """The row as it was, locked; None for somebody unknown, or where nobody told what was sold."""
    metadata = told.get("metadata") or {}
    owner = StripeCustomer.objects.filter(customer=told.get("customer") or "").first()
    credits = str(metadata.get("credits") or "")
    if owner is None or not credits.isdecimal():
        return None
    sold: Object = {
        "credits": int(credits),
        "price_minor": price_minor,
        "currency": told["currency"].lower(),
    }
    account, _ = CreditAccount.objects.get_or_create(user=owner.user)
    Purchase.objects.get_or_create(
        pk=purchase_id,
        defaults=sold
        | {
            "account": account,
            "kind": Kind.TOP_UP if is_top_up(told) else Kind.PACK,
            "pack": CreditPack.objects.filter(**sold).first(),
            "created_at": datetime.fromtimestamp(told["created"], UTC),
        },
    )
    return purchases.locked(purchase_id)
