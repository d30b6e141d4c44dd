"""The only writer of balances, debts and their entries.

Every movement is one conditional UPDATE of the balance plus one appended entry in the same
transaction; the unique (account, key) makes it happen once however often it is asked for. The
conditional UPDATE is what holds under races on PostgreSQL and SQLite alike: reading first does not.

What is taken back beyond the balance becomes a debt, and credits that come pay it first. So an
account never holds both, and the order of what was granted and taken back leaves no trace.
"""

import datetime
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import F, Sum
from django.utils import timezone

from accounts.models import ApiKey, User
from billing import top_up_requests
from billing.errors import InsufficientCredits, KeyCapReached
from billing.models import (
    CreditAccount,
    DebtEntry,
    KeySpend,
    LedgerEntry,
    MeterEvent,
    Plan,
    Purchase,
    Subscription,
)
from billing.plans import metered_plan

Kind = LedgerEntry.Kind


def balance(user: User) -> int:
    """Hundredths of a credit; 0 for a user who never had any."""
    row = CreditAccount.objects.filter(user=user).values_list("balance", flat=True).first()
    return row or 0


def debt(user: User) -> int:
    """Hundredths of a credit that refunds and disputes took back beyond the balance."""
    return CreditAccount.objects.filter(user=user).values_list("debt", flat=True).first() or 0


def covers(user: User, amount: int) -> bool:
    """Whether a job of that price would be accepted now."""
    return balance(user) >= amount or metered_plan(user) is not None


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


def add(
    account: CreditAccount, amount: int, *, kind: Kind, key: str, reason: str, purchase: Purchase
) -> None:
    """Credits of a purchase; a debt is paid from them first."""
    _move(account, amount, kind=kind, key=key, reason=reason, purchase=purchase)


def take_back(
    account: CreditAccount, amount: int, *, kind: Kind, key: str, reason: str, purchase: Purchase
) -> None:
    """Takes credits of a purchase, and what the balance does not hold as a debt."""
    with transaction.atomic():
        held = CreditAccount.objects.select_for_update().get(pk=account.pk).balance
        taken = min(held, amount)
        if taken:
            _move(account, -taken, kind=kind, key=key, reason=reason, purchase=purchase)
        if taken < amount:
            _owe(account, amount - taken, key, reason=reason, purchase=purchase)


def expire(account: CreditAccount, amount: int, *, key: str, purchase: Purchase) -> None:
    """Ends rolled-over credits; never more than there are, so that no debt comes of it."""
    with transaction.atomic():
        held = CreditAccount.objects.select_for_update().get(pk=account.pk).balance
        if gone := min(held, amount):
            reason = "Included credits above the roll-over limit"
            _move(account, -gone, kind=Kind.EXPIRY, key=key, reason=reason, purchase=purchase)


def reserve(user: User, amount: int, *, job: UUID, api_key: ApiKey | None = None) -> None:
    """Takes `amount` hundredths for a job before it runs; nothing more is due when it completes.

    A metered account needs no credits: an entry to the contrary says that the invoice charges.
    Raises InsufficientCredits or KeyCapReached, having moved nothing.
    """
    if amount == 0:
        return
    account, plan = _payer(user)
    with transaction.atomic():
        if api_key is not None and api_key.monthly_credit_cap_hundredths is not None:
            _spend_from_cap(api_key, amount)
        if plan:
            _put_on_invoice(account, amount, job, plan)
        _move(account, -amount, kind=Kind.USAGE, key=f"usage:{job}", job=job, api_key=api_key)


def release(job: UUID) -> bool:
    """Returns what was reserved for a job that ended without a result; True when it did so now."""
    usage = LedgerEntry.objects.select_related("account").filter(job=job, kind=Kind.USAGE).first()
    if usage is None or LedgerEntry.objects.filter(job=job, kind=Kind.RELEASE).exists():
        return False
    try:
        with transaction.atomic():
            _release(usage, job)
    except IntegrityError:
        return False  # another process released it between the look and the move
    return True


def _release(usage: LedgerEntry, job: UUID) -> None:
    account, amount, key_id = usage.account, -usage.amount, usage.api_key_id
    _return_to_cap(usage)  # before the account, in the order in which reserve() locks
    dropped = MeterEvent.objects.filter(job=job).update(state=MeterEvent.State.DROPPED)
    key = f"release:{job}"
    _append(account, amount, Kind.RELEASE, key, job=job, api_key_id=key_id, pays_debt=not dropped)
    if dropped:
        _append(account, -amount, Kind.METERED, f"unmetered:{job}")


def _payer(user: User) -> tuple[CreditAccount, Plan | None]:
    """The account, and its plan if it is metered now; made only for those who need no credits."""
    account = CreditAccount.objects.filter(user=user).first()
    # Nearly nobody has a subscription, and one look tells: this runs for every picture.
    has_any = Subscription.objects.filter(user=user).exists()
    metered = metered_plan(user) if has_any else None
    if metered is None:
        if account is None:
            raise InsufficientCredits
        return account, None
    return account or CreditAccount.objects.get_or_create(user=user)[0], metered


def _put_on_invoice(account: CreditAccount, amount: int, job: UUID, plan: Plan) -> None:
    """The opposite of the usage that follows; the invoice charges once the job is completed."""
    _move(account, amount, kind=Kind.METERED, key=f"metered:{job}", pays_debt=False)
    MeterEvent.objects.get_or_create(
        job=job, defaults={"account": account, "event_name": plan.meter_event_name}
    )


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
    purchase: Purchase | None = None,
    pays_debt: bool = True,
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
                purchase=purchase,
                pays_debt=pays_debt,
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
    purchase: Purchase | None = None,
    pays_debt: bool = True,
) -> LedgerEntry:
    """Balance and entry; the caller's transaction undoes both when the key was taken meanwhile."""
    moved = CreditAccount.objects.filter(pk=account.pk, balance__gte=-amount).update(
        balance=F("balance") + amount
    )
    if not moved:
        raise InsufficientCredits
    # Exact: the row is ours until the transaction ends.
    after, owed = CreditAccount.objects.values_list("balance", "debt").get(pk=account.pk)
    entry = LedgerEntry.objects.create(
        account=account,
        kind=kind,
        amount=amount,
        balance_after=after,
        key=key,
        reason=reason,
        job=job,
        api_key_id=api_key_id,
        actor=actor,
        purchase=purchase,
    )
    if amount > 0 and owed and pays_debt:
        _pay_debt(account, min(after, owed), entry)
    elif kind == Kind.USAGE:
        top_up_requests.consider(account, after)
    return entry


def _owe(
    account: CreditAccount, amount: int, key: str, *, reason: str, purchase: Purchase | None = None
) -> None:
    """More debt, or less with a negative amount; the caller holds the account's row."""
    CreditAccount.objects.filter(pk=account.pk).update(debt=F("debt") + amount)
    after = CreditAccount.objects.values_list("debt", flat=True).get(pk=account.pk)
    DebtEntry.objects.create(
        account=account, amount=amount, debt_after=after, key=key, reason=reason, purchase=purchase
    )


def _pay_debt(account: CreditAccount, amount: int, source: LedgerEntry) -> None:
    key = f"debt:{source.pk}"
    _owe(account, -amount, key, reason=f"Paid from {source.get_kind_display()}")
    _append(account, -amount, Kind.DEBT, key, reason="Owed since credits were taken back")


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
