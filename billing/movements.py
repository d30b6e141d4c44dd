"""How credits move: one conditional UPDATE and one appended entry. Called by billing.credits alone.

The caller's transaction undoes both when the key of the movement was taken meanwhile.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.models import User
from billing import balance_alerts, metrics, top_up_requests
from billing.errors import InsufficientCredits
from billing.models import CreditAccount, DebtEntry, LedgerEntry, Purchase

Kind = LedgerEntry.Kind


@dataclass(frozen=True)
class Movement:
    """What happens to a balance, and all that its entry will say of it. `key` makes it happen once."""

    amount: int
    kind: Kind
    key: str
    reason: str = ""
    job: UUID | None = None
    api_key_id: UUID | None = None
    actor: User | None = None
    purchase: Purchase | None = None
    service: str = ""
    #: Whether a debt is paid from what comes.
    pays_debt: bool = True


def move(account: CreditAccount, movement: Movement) -> LedgerEntry:
    """One movement; the entry already there for its key wins, whatever the balance is by now."""
    try:
        with transaction.atomic():
            return append(account, movement)
    except (IntegrityError, InsufficientCredits):
        # Only now is it worth a look: nearly every movement is the first under its key.
        existing = LedgerEntry.objects.filter(account=account, key=movement.key).first()
        if existing is None:
            raise
        return existing


def append(account: CreditAccount, movement: Movement) -> LedgerEntry:
    """Balance and entry; the caller's transaction undoes both when the key was taken meanwhile."""
    amount = movement.amount
    moved = CreditAccount.objects.filter(pk=account.pk, balance__gte=-amount).update(
        balance=F("balance") + amount
    )
    if not moved:
        raise InsufficientCredits
    # Exact: the row is ours until the transaction ends.
    after, owed, threshold, was_low = CreditAccount.objects.values_list(
        "balance", "debt", "low_threshold", "is_low"
    ).get(pk=account.pk)
    entry = _written(account, movement, after)
    metrics.note_movement(movement.kind, amount)
    balance_alerts.consider(account, entry, threshold, was_low=was_low)
    if amount > 0 and owed and movement.pays_debt:
        _pay_debt(account, min(after, owed), entry)
    elif movement.kind == Kind.USAGE:
        top_up_requests.consider(account, after)
    return entry


def _written(account: CreditAccount, movement: Movement, after: int) -> LedgerEntry:
    return LedgerEntry.objects.create(
        account=account,
        kind=movement.kind,
        amount=movement.amount,
        balance_after=after,
        key=movement.key,
        reason=movement.reason,
        job=movement.job,
        api_key_id=movement.api_key_id,
        actor=movement.actor,
        purchase=movement.purchase,
        service=movement.service,
    )


def owe(
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
    owe(account, -amount, key, reason=f"Paid from {source.get_kind_display()}")
    reason = "Owed since credits were taken back"
    append(account, Movement(-amount, Kind.DEBT, key, reason))
