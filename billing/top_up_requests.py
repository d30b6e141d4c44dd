"""Notes, in the transaction that spends, that an account wants a top-up; charging comes later."""

from datetime import datetime, time, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from billing import plans
from billing.models import AutoTopUp, CreditAccount, Purchase, TopUpAttempt
from billing.top_up_terms import DEARER

#: A card that was declined is so again a second later; banks count the tries.
PAUSE_AFTER_FAILURE = timedelta(hours=1)


def consider(account: CreditAccount, balance: int) -> TopUpAttempt | None:
    """Call while the account's row is locked by its change; None when nothing is to be charged.

    The row is the message: it is committed with the spending, so neither a crash nor a lost
    message loses it, and a spending that is rolled back charges nobody.
    """
    wishes = AutoTopUp.objects.filter(account=account, is_enabled=True, threshold__gt=balance)
    wish = wishes.exclude(DEARER).first()
    if wish is None or not wish.pack.is_active or _has_had_enough(wish):
        return None
    if plans.metered_plan(account.user):
        return None  # pictures are on the invoice and need no credits
    try:
        with transaction.atomic():
            return _request(wish)
    except IntegrityError:
        return None  # one is open already


def consider_refused(user: User) -> None:
    """Call after a spending was refused and rolled back: where the balance is too small for any, none
    would ask again, be it the next day, with a card saved since, or with top-ups turned on since."""
    if not AutoTopUp.objects.filter(account__user=user, is_enabled=True).exists():
        return
    with transaction.atomic():
        account = CreditAccount.objects.select_for_update().get(user=user)
        consider(account, account.balance)


def _has_had_enough(wish: AutoTopUp) -> bool:
    now = timezone.now()
    midnight = datetime.combine(now.date(), time.min, tzinfo=timezone.get_current_timezone())
    attempts = TopUpAttempt.objects.filter(account=wish.account_id)
    # It may have waited for hours before it was charged.
    ended = attempts.annotate(ended=Coalesce("ended_at", "created_at"))
    failed_lately = Q(state=TopUpAttempt.State.FAILED, ended__gte=now - PAUSE_AFTER_FAILURE)
    in_the_way = ended.filter(Q(state__in=TopUpAttempt.OPEN) | failed_lately)
    today = attempts.filter(created_at__gte=midnight).count()
    return today >= wish.most_per_day or in_the_way.exists()


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
