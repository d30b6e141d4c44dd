"""The numbers on the admin's first page: how the day goes, by a few indexed queries."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.core.cache import cache
from django.db.models import Count, Sum
from django.utils import timezone

from billing.amounts import price_text, to_text
from billing.models import Purchase, StripeEvent
from services import clock, usage, workers
from services.models import Job, UsageDay

State = Job.State
#: Several of the staff looking, or one reloading, ask the database once.
_KEPT_S = 10
_TOP, _TOP_DAYS = 5, 7


@dataclass(frozen=True)
class Customer:
    pk: int
    email: str
    jobs: int
    credits: str


@dataclass(frozen=True)
class Numbers:
    """Ready to be shown; None stands for "nothing to tell yet"."""

    waiting: int
    oldest_s: int
    running: int
    has_worker: bool
    completed: int
    failed: int
    p95_ms: float | None
    credits_used: str
    credits_sold: str
    revenue: str
    failed_events: int
    customers: list[Customer] = field(default_factory=list)

    @property
    def success_percent(self) -> float | None:
        ended = self.completed + self.failed
        return round(100 * self.completed / ended, 1) if ended else None

    @property
    def p95_s(self) -> float | None:
        return None if self.p95_ms is None else round(self.p95_ms / 1000, 2)


def numbers() -> Numbers:
    found: Numbers | None = cache.get_or_set("admin:today", _count, _KEPT_S)
    return found or _count()


def _count() -> Numbers:
    now = timezone.now()
    midnight = datetime.combine(now.date(), time.min, timezone.get_current_timezone())
    waiting, running, oldest_s = _queue()
    by_bucket, used = _jobs_of(now.date())
    failed = by_bucket.pop(usage.FAILED, 0)
    sold, revenue = _sales_since(midnight)
    return Numbers(
        waiting=waiting,
        oldest_s=round(oldest_s),
        running=running,
        has_worker=workers.any_alive(),
        completed=sum(by_bucket.values()),
        failed=failed,
        p95_ms=usage.percentile(by_bucket, 0.95),
        credits_used=to_text(used),
        credits_sold=to_text(sold),
        revenue=revenue,
        failed_events=StripeEvent.objects.filter(state=StripeEvent.State.FAILED).count(),
        customers=_top_customers(now.date() - timedelta(days=_TOP_DAYS - 1)),
    )


def _queue() -> tuple[int, int, float]:
    """Waiting, running, and for how many seconds the first of those that wait has."""
    unfinished = Job.objects.filter(state__in=[State.PENDING, State.PROCESSING])
    rows = (
        unfinished.order_by()
        .values("state")
        .annotate(count=Count("pk"), oldest=clock.age_of_oldest())
    )
    by_state = {row["state"]: row for row in rows}
    pending, processing = by_state.get(State.PENDING), by_state.get(State.PROCESSING)
    return (
        pending["count"] if pending else 0,
        processing["count"] if processing else 0,
        clock.seconds(pending["oldest"]) if pending else 0.0,
    )


def _jobs_of(day: date) -> tuple[Counter[int], int]:
    """Jobs by how long they took, and the hundredths they cost."""
    rows = UsageDay.objects.filter(day=day).order_by().values("bucket")
    totals = list(rows.annotate(count=Sum("jobs"), cost=Sum("credits")))
    by_bucket = Counter({row["bucket"]: row["count"] for row in totals})
    return by_bucket, sum(row["cost"] for row in totals)


def _sales_since(moment: datetime) -> tuple[int, str]:
    """Hundredths sold, and the money by currency."""
    paid = Purchase.objects.filter(paid_at__gte=moment).order_by().values("currency")
    rows = list(paid.annotate(sold=Sum("granted"), money=Sum("paid_minor")))
    money = [price_text(row["money"] or 0, row["currency"]) for row in rows]
    return sum(row["sold"] or 0 for row in rows), ", ".join(money) or "0"


def _top_customers(since: date) -> list[Customer]:
    rows = UsageDay.objects.filter(day__gte=since).order_by().values("owner", "owner__email")
    top = rows.annotate(count=Sum("jobs"), cost=Sum("credits")).order_by("-cost", "-count")[:_TOP]
    return [
        Customer(row["owner"], row["owner__email"], row["count"], to_text(row["cost"]))
        for row in top
    ]
