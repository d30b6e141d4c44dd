"""Notes, in the transaction that spends, that an account wants a top-up; charging comes later."""

from datetime import datetime, time

from django.db import IntegrityError, transaction
from django.utils import timezone

from billing.models import AutoTopUp, CreditAccount, Purchase, TopUpAttempt


def consider(account: CreditAccount, balance: int) -> TopUpAttempt | None:
    """Call while the account's row is locked by its change; None when nothing is to be charged.

    The row is the message: it is committed with the spending, so neither a crash nor a lost
    message loses it, and a spending that is rolled back charges nobody.
    """
    wishes = AutoTopUp.objects.filter(account=account, is_enabled=True, threshold__gt=balance)
    wish = next(iter(wishes), None)
    if wish is None or not wish.pack.is_active or _has_had_enough(wish):
        return None
    try:
        with transaction.atomic():
            return _request(wish)
    except IntegrityError:
        return None  # one is open already


def _has_had_enough(wish: AutoTopUp) -> bool:
    midnight = datetime.combine(
        timezone.now().date(), time.min, tzinfo=timezone.get_current_timezone()
    )
    attempts = TopUpAttempt.objects.filter(account=wish.account_id)
    today = attempts.filter(created_at__gte=midnight).count()
    return today >= wish.most_per_day or attempts.filter(state__in=TopUpAttempt.OPEN).exists()


def _request(wish: AutoTopUp) -> TopUpAttempt:
    purchase = Purchase.objects.create(
        account_id=wish.account_id,
        kind=Purchase.Kind.TOP_UP,
        pack=wish.pack,
        credits=wish.pack.credits,
        price_minor=wish.pack.price_minor,
        currency=wish.pack.currency,
    )
    return TopUpAttempt.objects.create(account_id=wish.account_id, purchase=purchase)
