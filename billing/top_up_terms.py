"""What customers agreed to when they turned automatic top-ups on, and whether it holds.

A card is not charged more, or for less, than its owner said yes to: they are told, and say so again.
"""

from typing import Any

from django.db import models
from django.db.models import F, Q

from accounts.models import User
from billing.errors import PaymentError
from billing.gateway import gateway, is_configured
from billing.models import AutoTopUp, CreditAccount, StripeCustomer

#: The pack is worse than what was agreed to; of what an older release noted, nobody knows.
DEARER = Q(agreed_minor__isnull=False) & (
    Q(pack__price_minor__gt=F("agreed_minor"))
    | Q(pack__credits__lt=F("agreed_credits"))
    | ~Q(pack__currency=F("agreed_currency"))
)
#: For a page that waits for it.
_ANSWER_S = 3


class Standing(models.TextChoices):
    OFF = "off"
    ON = "on"
    NO_CARD = "no_card"
    DEARER = "dearer"
    NOT_ON_SALE = "not_on_sale"


def agree(account: CreditAccount, wishes: dict[str, Any]) -> None:
    """Notes what is wanted, at the pack's terms of now."""
    pack = wishes["pack"]
    terms = {
        "agreed_minor": pack.price_minor,
        "agreed_currency": pack.currency,
        "agreed_credits": pack.credits,
        "told_dearer_at": None,
    }
    AutoTopUp.objects.update_or_create(account=account, defaults=wishes | terms)


def standing(user: User) -> Standing:
    """Whether a card would be charged, or what keeps it from that. May ask Stripe."""
    wishes = AutoTopUp.objects.filter(account__user=user, is_enabled=True)
    wish = wishes.select_related("pack").first()
    if wish is None or not is_configured():
        return Standing.OFF
    if not wish.pack.is_active:
        return Standing.NOT_ON_SALE
    if wishes.filter(DEARER).exists():
        return Standing.DEARER
    return Standing.ON if _has_card(user) else Standing.NO_CARD


def _has_card(user: User) -> bool:
    """Also where Stripe does not say: who has one is not told that it is missing."""
    known = StripeCustomer.objects.filter(user=user).first()
    if known is None:
        return False
    try:
        return gateway(timeout_s=_ANSWER_S, retries=0).has_card(known.customer)
    except PaymentError:
        return True
