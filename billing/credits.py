"""The only writer of balances, debts and their entries.

Every movement is one conditional UPDATE of the balance plus one appended entry in the same
transaction; the unique (account, key) makes it happen once however often it is asked for. The
conditional UPDATE is what holds under races on PostgreSQL and SQLite alike: reading first does not.

What is taken back beyond the balance becomes a debt, and credits that come pay it first. So an
account never holds both, and the order of what was granted and taken back leaves no trace.
"""

from dataclasses import replace
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import Sum

from accounts.models import ApiKey, User
from billing import caps, movements
from billing.amounts import to_text
from billing.errors import InsufficientCredits, KeyCapReached, MovedAlready
from billing.models import (
    CreditAccount,
    LedgerEntry,
    MeterEvent,
    Plan,
    Purchase,
    Subscription,
)
from billing.movements import Movement
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
    kinds = (Kind.USAGE, Kind.RELEASE, Kind.RETURN)
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
    return movements.move(account, Movement(amount, kind, key, reason, actor=actor))


def grant_by_hand(user: User, amount: int, *, reason: str, form: UUID, actor: User) -> LedgerEntry:
    """What one of the staff gives, or takes with a negative amount.

    Raises MovedAlready when the form was sent before, and InsufficientCredits as grant() does.
    """
    kind = Kind.GRANT if amount > 0 else Kind.ADJUST
    key = f"{kind.value}:{form}"
    account, _ = CreditAccount.objects.get_or_create(user=user)
    try:
        with transaction.atomic():
            return movements.append(account, Movement(amount, kind, key, reason, actor=actor))
    except (IntegrityError, InsufficientCredits):
        check_not_sent(user, form)
        raise


def check_not_sent(user: User, form: UUID) -> None:
    """Raises MovedAlready when the form has given the account credits, or taken some from it."""
    keys = [f"{kind.value}:{form}" for kind in (Kind.GRANT, Kind.ADJUST)]
    first = LedgerEntry.objects.filter(account__user=user, key__in=keys).first()
    if first:
        did = "gave" if first.amount > 0 else "took"
        raise MovedAlready(
            f"This form was sent already: it {did} {to_text(abs(first.amount))} credits then. Nothing "
            "moved now; begin anew if there is more to do."
        )


def add(
    account: CreditAccount, amount: int, *, kind: Kind, key: str, reason: str, purchase: Purchase
) -> None:
    """Credits of a purchase; a debt is paid from them first."""
    movements.move(account, Movement(amount, kind, key, reason, purchase=purchase))


def take_back(
    account: CreditAccount, amount: int, *, kind: Kind, key: str, reason: str, purchase: Purchase
) -> None:
    """Takes credits of a purchase, and what the balance does not hold as a debt."""
    with transaction.atomic():
        held = CreditAccount.objects.select_for_update().get(pk=account.pk).balance
        taken = min(held, amount)
        if taken:
            movements.move(account, Movement(-taken, kind, key, reason, purchase=purchase))
        if taken < amount:
            movements.owe(account, amount - taken, key, reason=reason, purchase=purchase)


def expire(account: CreditAccount, amount: int, *, key: str, purchase: Purchase) -> None:
    """Ends rolled-over credits; never more than there are, so that no debt comes of it."""
    with transaction.atomic():
        held = CreditAccount.objects.select_for_update().get(pk=account.pk).balance
        if gone := min(held, amount):
            reason = "Included credits above the roll-over limit"
            movements.move(account, Movement(-gone, Kind.EXPIRY, key, reason, purchase=purchase))


def forfeit(user: User) -> None:
    """Ends whatever is left: the account is closed."""
    with transaction.atomic():
        account = CreditAccount.objects.select_for_update().filter(user=user).first()
        if account and account.balance:
            reason = "Forfeited with the account"
            key = f"forfeit:{uuid4()}"
            movements.move(account, Movement(-account.balance, Kind.EXPIRY, key, reason))


def reserve(
    user: User, amount: int, *, job: UUID, api_key: ApiKey | None = None, service: str = ""
) -> None:
    """Takes `amount` hundredths for a job before it runs; nothing more is due when it completes.

    A metered account needs no credits: an entry to the contrary says that the invoice charges.
    The same job again moves nothing. Raises InsufficientCredits or KeyCapReached, having moved nothing.
    """
    if amount == 0:
        return
    account, plan = _payer(user)
    key_id = api_key.pk if api_key else None
    taken = Movement(
        -amount, Kind.USAGE, f"usage:{job}", job=job, api_key_id=key_id, service=service
    )
    try:
        with transaction.atomic():
            if api_key is not None:
                caps.spend(api_key, amount)
            if plan:
                _put_on_invoice(account, amount, job, plan, service)
            movements.append(account, taken)
    except (IntegrityError, InsufficientCredits, KeyCapReached):
        # Only now is it worth a look: each job reserves once, and the cap counts with the entry.
        if not LedgerEntry.objects.filter(account=account, key=taken.key).exists():
            raise


def release(job: UUID) -> bool:
    """Returns what was reserved for a job that ended without a result; True when it did so now."""
    rows = LedgerEntry.objects.select_related("account", "api_key")
    usage = rows.filter(job=job, kind=Kind.USAGE).first()
    if usage is None or LedgerEntry.objects.filter(job=job, kind=Kind.RELEASE).exists():
        return False
    try:
        with transaction.atomic():
            _release(usage, job)
    except IntegrityError:
        return False  # another process released it between the look and the move
    return True


def give_back(usage: LedgerEntry, *, reason: str, actor: User) -> bool:
    """Returns what a delivered picture cost; True when it did so now. billing.goodwill says whether."""
    key = f"return:{usage.job}"
    try:
        with transaction.atomic():
            caps.give_back(usage)  # before the account, in the order in which reserve() locks
            returned = _opposite(usage, Kind.RETURN, key)
            movements.append(usage.account, replace(returned, reason=reason, actor=actor))
    except IntegrityError:
        return False
    return True


def _release(usage: LedgerEntry, job: UUID) -> None:
    account = usage.account
    caps.give_back(usage)  # before the account, in the order in which reserve() locks
    dropped = MeterEvent.objects.filter(job=job).update(state=MeterEvent.State.DROPPED)
    released = _opposite(usage, Kind.RELEASE, f"release:{job}")
    movements.append(account, replace(released, pays_debt=not dropped))
    if dropped:
        unmetered = Movement(usage.amount, Kind.METERED, f"unmetered:{job}", service=usage.service)
        movements.append(account, unmetered)


def _opposite(usage: LedgerEntry, kind: Kind, key: str) -> Movement:
    """What a job took, coming back."""
    return Movement(
        -usage.amount,
        kind,
        key,
        job=usage.job,
        api_key_id=usage.api_key_id,
        service=usage.service,
    )


def _payer(user: User) -> tuple[CreditAccount, Plan | None]:
    """The account, and its plan if it is metered now; made only for those who need no credits."""
    # Not first(): sorting one row takes Django longer than the rest of the look.
    account = next(iter(CreditAccount.objects.filter(user=user)), None)
    # Nearly nobody has a subscription, and one look tells: this runs for every picture.
    has_any = Subscription.objects.filter(user=user).exists()
    metered = metered_plan(user) if has_any else None
    if metered is None:
        if account is None:
            raise InsufficientCredits
        return account, None
    return account or CreditAccount.objects.get_or_create(user=user)[0], metered


def _put_on_invoice(
    account: CreditAccount, amount: int, job: UUID, plan: Plan, service: str
) -> None:
    """The opposite of the usage that follows; the invoice charges once the job is completed."""
    balanced = Movement(amount, Kind.METERED, f"metered:{job}", service=service, pays_debt=False)
    movements.move(account, balanced)
    MeterEvent.objects.get_or_create(
        job=job, defaults={"account": account, "event_name": plan.meter_event_name}
    )
