"""The only writer of balances and ledger entries.

Every movement is one conditional UPDATE of the balance plus one appended entry in the same
transaction; the unique (account, key) makes it happen once however often it is asked for. The
conditional UPDATE is what holds under races on PostgreSQL and SQLite alike: reading first does not.
"""

import datetime
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import F, Sum
from django.utils import timezone

from accounts.models import ApiKey, User
from billing.errors import InsufficientCredits, KeyCapReached
from billing.models import CreditAccount, KeySpend, LedgerEntry

Kind = LedgerEntry.Kind


def balance(user: User) -> int:
    """Hundredths of a credit; 0 for a user who never had any."""
    row = CreditAccount.objects.filter(user=user).values_list("balance", flat=True).first()
    return row or 0


def used(user: User) -> int:
    """Hundredths of a credit that completed and running jobs took in all."""
    kinds = (Kind.USAGE, Kind.RELEASE)
    entries = LedgerEntry.objects.filter(account__user=user, kind__in=kinds)
    return -(entries.aggregate(sum=Sum("amount"))["sum"] or 0)


def grant(
    user: User,
    amount: int,
    *,
    reason: str,
    kind: Kind = Kind.GRANT,
    key: str | None = None,
    actor: User | None = None,
) -> LedgerEntry:
    """Adds `amount` hundredths (takes them, when negative: kind ADJUST).

    The same `key` again returns the first entry and moves nothing. Raises InsufficientCredits when
    a negative amount would push the balance below zero.
    """
    key = key or f"{kind.value}:{uuid4()}"
    account, _ = CreditAccount.objects.get_or_create(user=user)
    return _move(account, amount, kind=kind, key=key, reason=reason, actor=actor)


def reserve(user: User, amount: int, *, job: UUID, api_key: ApiKey | None = None) -> None:
    """Takes `amount` hundredths for a job before it runs; nothing more is due when it completes.

    Raises InsufficientCredits or KeyCapReached, having moved nothing.
    """
    if amount == 0:
        return
    account = CreditAccount.objects.filter(user=user).first()
    if account is None:
        raise InsufficientCredits
    with transaction.atomic():
        if api_key is not None and api_key.monthly_credit_cap_hundredths is not None:
            _spend_from_cap(api_key, amount)
        _move(account, -amount, kind=Kind.USAGE, key=f"usage:{job}", job=job, api_key=api_key)


def release(job: UUID) -> bool:
    """Returns what was reserved for a job that ended without a result; True when it did so now."""
    usage = LedgerEntry.objects.select_related("account").filter(job=job, kind=Kind.USAGE).first()
    if usage is None or LedgerEntry.objects.filter(job=job, kind=Kind.RELEASE).exists():
        return False
    key = f"release:{job}"
    try:
        with transaction.atomic():
            _append(
                usage.account,
                -usage.amount,
                Kind.RELEASE,
                key,
                job=job,
                api_key_id=usage.api_key_id,
            )
            _return_to_cap(usage)
    except IntegrityError:
        return False  # another process released it between the look and the move
    return True


def _move(
    account: CreditAccount,
    amount: int,
    *,
    kind: Kind,
    key: str,
    reason: str = "",
    job: UUID | None = None,
    api_key: ApiKey | None = None,
    actor: User | None = None,
) -> LedgerEntry:
    """One movement; the entry already there for `key` wins, before the balance is even looked at."""
    existing = LedgerEntry.objects.filter(account=account, key=key).first()
    if existing:
        return existing
    try:
        with transaction.atomic():
            return _append(
                account,
                amount,
                kind,
                key,
                reason=reason,
                job=job,
                api_key_id=api_key.pk if api_key else None,
                actor=actor,
            )
    except IntegrityError:
        return LedgerEntry.objects.get(account=account, key=key)


def _append(
    account: CreditAccount,
    amount: int,
    kind: Kind,
    key: str,
    *,
    reason: str = "",
    job: UUID | None = None,
    api_key_id: UUID | None = None,
    actor: User | None = None,
) -> LedgerEntry:
    """Balance and entry; the caller's transaction undoes both when the key was taken meanwhile."""
    moved = CreditAccount.objects.filter(pk=account.pk, balance__gte=-amount).update(
        balance=F("balance") + amount
    )
    if not moved:
        raise InsufficientCredits
    # Exact: the row is ours until the transaction ends.
    after = CreditAccount.objects.values_list("balance", flat=True).get(pk=account.pk)
    return LedgerEntry.objects.create(
        account=account,
        kind=kind,
        amount=amount,
        balance_after=after,
        key=key,
        reason=reason,
        job=job,
        api_key_id=api_key_id,
        actor=actor,
    )


def _spend_from_cap(api_key: ApiKey, amount: int) -> None:
    cap = api_key.monthly_credit_cap_hundredths or 0
    month = _month(timezone.now())
    KeySpend.objects.get_or_create(api_key=api_key, month=month)
    fits = KeySpend.objects.filter(api_key=api_key, month=month, spent__lte=cap - amount)
    if not fits.update(spent=F("spent") + amount):
        raise KeyCapReached


def _return_to_cap(usage: LedgerEntry) -> None:
    """Counts back in the month it was spent in; no row means the key had no cap then."""
    KeySpend.objects.filter(
        api_key_id=usage.api_key_id, month=_month(usage.created_at), spent__gte=-usage.amount
    ).update(spent=F("spent") + usage.amount)


def _month(moment: datetime.datetime) -> datetime.date:
    return moment.astimezone(datetime.UTC).date().replace(day=1)
