"""Tells, in the transaction that moves credits, that a balance fell below its owner's threshold.

Once a crossing: it is told again only after credits were added and brought the balance back up. What
failed jobs return does not count as added, or a balance at the threshold would be told of all day.
"""

from django.db.models import Case, Value, When
from django.dispatch import Signal

from accounts.models import User
from billing.models import CreditAccount, LedgerEntry

#: Sent with the arguments `account`, `entry` and `threshold`; its receivers write rows, no more.
balance_low = Signal()
Kind = LedgerEntry.Kind
_NOT_ADDED = (Kind.RELEASE, Kind.METERED)


def consider(
    account: CreditAccount, entry: LedgerEntry, threshold: int | None, *, was_low: bool
) -> None:
    """Call while the account's row is locked by its change."""
    if threshold is None or entry.kind in _NOT_ADDED:
        return
    is_low = entry.balance_after < threshold
    if is_low == was_low or is_low != (entry.amount < 0):
        return
    CreditAccount.objects.filter(pk=account.pk).update(is_low=is_low)
    if is_low:
        balance_low.send(CreditAccount, account=account, entry=entry, threshold=threshold)


def set_threshold(user: User, hundredths: int | None) -> None:
    """None: never tell. A balance that is below already is known to be; nothing is told of it."""
    account, _ = CreditAccount.objects.get_or_create(user=user)
    CreditAccount.objects.filter(pk=account.pk).update(
        low_threshold=hundredths,
        is_low=Case(When(balance__lt=hundredths or 0, then=Value(True)), default=Value(False)),
    )


def threshold_of(user: User) -> int | None:
    return CreditAccount.objects.filter(user=user).values_list("low_threshold", flat=True).first()
