"""What accounts used, counted by day as jobs end, so that no page ever has to count jobs.

A row holds the jobs of one account, day and service that took about as long as each other: all
the rows of a day make a histogram, of which percentiles are read.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime

from django.db import connection, transaction
from django.db.models import F

from accounts.models import User
from services.models import Job, UsageDay

FAILED = 0
#: A bucket ends 19 % above where it begins, so that no percentile is off by more than 9 %.
_PER_OCTAVE = 4
_LAST = 80
_AT_ONCE = 1000

#: Owner, day, service, bucket.
_Place = tuple[int, date, str, int]


def note_ended(job: Job, ended_at: datetime, *, charged: int | None) -> None:
    """Counts a job in the transaction that ends it, as its last step; None charged is a failure.

    Last, because everybody who waits for this row must hold all other rows already: that rules
    deadlocks out.
    """
    place = _place(job.owner_id, job.service, job.created_at, ended_at, charged is None)
    _add(place, 1, charged or 0, paid=int(bool(charged)))


def note_refused(owner: User, service: str, count: int, ended_at: datetime) -> None:
    """Counts pictures of a batch that failed before they were jobs of any worker; as a last step."""
    if count:
        _add((owner.pk, _day(ended_at), service, FAILED), count, 0)


def bucket_of(took_ms: float) -> int:
    """1 for up to a millisecond, four for every doubling; beyond a quarter of an hour all the same."""
    return min(_LAST, 1 + max(0, math.floor(math.log2(max(took_ms, 1.0)) * _PER_OCTAVE)))


def percentile(jobs_by_bucket: Mapping[int, int], share: float) -> float | None:
    """Milliseconds that `share` (0 to 1) of the completed jobs took at most; None without any."""
    counts = sorted(item for item in jobs_by_bucket.items() if item[0] != FAILED and item[1])
    rank = math.ceil(share * sum(count for _, count in counts))
    for bucket, count in counts:
        rank -= count
        if rank <= 0:
            return _middle_ms(bucket)
    return None


def recount() -> int:
    """Counts all jobs anew; returns the number of rows. Jobs that end meanwhile wait for it."""
    with transaction.atomic():
        _hold_writers_back()
        UsageDay.objects.all().delete()
        rows = _counted(_ended_jobs())
        UsageDay.objects.bulk_create(rows, batch_size=_AT_ONCE)
    return len(rows)


def _middle_ms(bucket: int) -> float:
    return float(2 ** ((bucket - 0.5) / _PER_OCTAVE))


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _place(
    owner: int, service: str, created_at: datetime, ended_at: datetime, has_failed: bool
) -> _Place:
    took_ms = (ended_at - created_at).total_seconds() * 1000
    return owner, _day(ended_at), service, FAILED if has_failed else bucket_of(took_ms)


def _add(place: _Place, jobs: int, credits: int, *, paid: int = 0) -> None:
    """One statement, but for the first time on a day."""
    owner, day, service, bucket = place
    row = UsageDay(owner_id=owner, day=day, service=service, bucket=bucket)
    rows = UsageDay.objects.filter(owner_id=owner, day=day, service=service, bucket=bucket)
    change = {
        "jobs": F("jobs") + jobs,
        "paid": F("paid") + paid,
        "credits": F("credits") + credits,
    }
    if not rows.update(**change):
        UsageDay.objects.bulk_create([row], ignore_conflicts=True)
        rows.update(**change)


def _hold_writers_back() -> None:
    """On SQLite the transaction itself is the only writer."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {UsageDay._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")


def _ended_jobs() -> Iterable[tuple[_Place, int]]:
    rows = Job.objects.filter(ended_at__isnull=False).values_list(
        "owner_id", "service", "created_at", "ended_at", "state", "charged"
    )
    for owner, service, created_at, ended_at, state, charged in rows.iterator(_AT_ONCE):
        if ended_at:  # always, but the type checker does not know the filter
            yield _place(owner, service, created_at, ended_at, state == Job.State.FAILED), charged


def _counted(ended: Iterable[tuple[_Place, int]]) -> list[UsageDay]:
    jobs: Counter[_Place] = Counter()
    paid: Counter[_Place] = Counter()
    credits: Counter[_Place] = Counter()
    for place, charged in ended:
        jobs[place] += 1
        paid[place] += bool(charged)
        credits[place] += charged
    return [
        UsageDay(
            owner_id=place[0],
            day=place[1],
            service=place[2],
            bucket=place[3],
            jobs=count,
            paid=paid[place],
            credits=credits[place],
        )
        for place, count in jobs.items()
    ]
