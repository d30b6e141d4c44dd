"""Laws of the audit about jobs: one charge for each completed one, none for failed ones."""

from collections.abc import Iterator

from django.db.models import BigIntegerField, Case, F, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from billing.audit import Discrepancy, law
from billing.models import LedgerEntry, MeterEvent
from services.models import Job

State = Job.State
Kind = LedgerEntry.Kind
Usage = MeterEvent.State


@law
def jobs_are_charged_for_once() -> Iterator[Discrepancy]:
    """Also while they run: the price is taken when a job is placed."""
    entries = LedgerEntry.objects.filter(job=OuterRef("pk")).exclude(kind=Kind.RETURN)
    mine = entries.order_by().values("job")
    total = mine.annotate(total=Sum("amount")).values("total")
    rows = Job.objects.annotate(
        due=Case(
            When(state=State.FAILED, then=Value(0)),
            default=-F("price"),
            output_field=BigIntegerField(),
        ),
        moved=Coalesce(Subquery(total), 0, output_field=BigIntegerField()),
    ).exclude(due=F("moved"))
    for pk, expected, found in rows.values_list("pk", "due", "moved"):
        yield Discrepancy("job = its entries", str(pk), expected, found)


@law
def jobs_are_paid_by_their_owners() -> Iterator[Discrepancy]:
    """Each of their entries; what is expected is that none is elsewhere."""
    entries = LedgerEntry.objects.filter(job=OuterRef("pk"))
    strange = entries.exclude(account__user=OuterRef("owner"))
    amount = strange.order_by("pk").values("amount")[:1]
    rows = Job.objects.annotate(elsewhere=Subquery(amount))
    for pk, found in rows.exclude(elsewhere=None).values_list("pk", "elsewhere"):
        yield Discrepancy("job = entries of its owner", str(pk), 0, found)


@law
def completed_jobs_tell_their_price() -> Iterator[Discrepancy]:
    rows = Job.objects.filter(state=State.COMPLETED).exclude(charged=F("price"))
    for pk, price, charged in rows.values_list("pk", "price", "charged"):
        yield Discrepancy("charged = price", str(pk), price, charged)


@law
def only_completed_jobs_are_returned() -> Iterator[Discrepancy]:
    """And none for more than it cost: that there is one entry at most, its key ensures."""
    completed = Job.objects.filter(pk=OuterRef("job"), state=State.COMPLETED).values("price")
    price = Coalesce(Subquery(completed), 0, output_field=BigIntegerField())
    rows = LedgerEntry.objects.filter(kind=Kind.RETURN).annotate(price=price)
    for job, cost, found in rows.exclude(amount=F("price")).values_list("job", "price", "amount"):
        yield Discrepancy("returned = price", str(job), cost, found)


@law
def usage_is_told_of_completed_jobs_only() -> Iterator[Discrepancy]:
    """And of all of them: a job's row and its meter event change in one transaction."""
    job = Job.objects.filter(pk=OuterRef("job")).values("state")
    rows = MeterEvent.objects.annotate(ended=Subquery(job))
    is_due = Q(state__in=[Usage.PENDING, Usage.SENT, Usage.REFUSED])
    early = rows.filter(is_due).exclude(ended=State.COMPLETED)
    late = rows.filter(ended=State.COMPLETED).exclude(is_due)
    kept = rows.filter(ended=State.FAILED).exclude(state=Usage.DROPPED)
    for wrong, found in ((early, 1), (late, 0), (kept, 1)):
        for pk in wrong.values_list("pk", flat=True):
            yield Discrepancy("usage told = job completed", str(pk), 1 - found, found)
