"""What the overview tells in numbers, from the rows of usage and never from jobs."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from django.utils import timezone

from accounts.models import User
from billing import metering, plans, prices
from billing.models import CreditAccount
from services import usage

DAYS = 30
_BY_ITSELF = "background-removal"


@dataclass
class Day:
    """What ended on one day; percentiles are milliseconds from acceptance to result."""

    day: date
    images: Counter[str] = field(default_factory=Counter)
    paid: int = 0
    failed: int = 0
    credits: int = 0
    histogram: Counter[int] = field(default_factory=Counter)

    @property
    def completed(self) -> int:
        return self.images.total()

    @property
    def median_ms(self) -> float | None:
        return usage.percentile(self.histogram, 0.5)

    @property
    def slow_ms(self) -> float | None:
        return usage.percentile(self.histogram, 0.95)


@dataclass(frozen=True)
class Usage:
    """The last thirty days, oldest first, and what this month came to."""

    days: list[Day]
    month: Day

    @property
    def today(self) -> Day:
        return self.days[-1]

    @property
    def services(self) -> list[str]:
        """Those with images in these days, the most used first."""
        total: Counter[str] = Counter()
        for day in self.days:
            total.update(day.images)
        return [name for name, _ in total.most_common()]


def of(user: User) -> Usage:
    """One query over at most two months of one account's rows."""
    today = timezone.now().astimezone(UTC).date()
    first, month = today - timedelta(days=DAYS - 1), Day(today.replace(day=1))
    days = {day: Day(day) for day in (first + timedelta(days=n) for n in range(DAYS))}
    rows = user.usage.filter(day__gte=min(first, month.day), day__lte=today)
    columns = ("day", "service", "bucket", "jobs", "paid", "credits")
    for day, service, bucket, jobs, paid, credits in rows.values_list(*columns):
        for total in (days.get(day), month if day >= month.day else None):
            if total is None:
                continue
            total.credits += credits
            total.paid += paid
            if bucket == usage.FAILED:
                total.failed += jobs
            else:
                total.images[service] += jobs
                total.histogram[bucket] += jobs
    return Usage(list(days.values()), month)


@dataclass(frozen=True)
class Means:
    """What an account has to spend, and about how far it goes."""

    balance: int
    debt: int
    per_image: int
    invoice: "Invoice | None" = None

    @cached_property
    def images(self) -> int | None:
        """None where they cost nothing."""
        return self.balance // self.per_image if self.per_image else None


@dataclass(frozen=True)
class Invoice:
    """What the next one of a metered plan says so far."""

    plan: str
    #: None while Stripe has not told when its period began.
    since: datetime | None
    images: int


def means(user: User, month: Day) -> Means:
    """At what a paid image cost this month, or else what removing a background does."""
    account = CreditAccount.objects.filter(user=user).first() or CreditAccount()
    if month.credits and month.paid:
        per_image = max(1, round(month.credits / month.paid))
    else:
        per_image = prices.price_of(_BY_ITSELF)
    return Means(account.balance, account.debt, per_image, _next_invoice(user))


def _next_invoice(user: User) -> Invoice | None:
    """None for those who pay with credits now."""
    subscription = plans.metered(user)
    if subscription is None or subscription.plan is None:
        return None
    since, ended = subscription.period_began_at, subscription.period_ends_at
    if since and ended and ended <= timezone.now():
        since = ended  # Stripe tells of the new period in a moment
    images = metering.images_since(user, since) if since else 0
    return Invoice(subscription.plan.name, since, images)
