"""Gauges asked of the database when they are scraped: few indexed queries, kept for some seconds."""

import threading
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta

from django.db import DatabaseError
from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from billing.events import MOST_ATTEMPTS
from billing.models import MeterEvent, StripeEvent
from maskr_site.models import PartDay
from services import clock, workers
from services.connections import takes_writes
from services.models import Job

#: A second scraper, or a person who reloads, costs nothing.
KEPT_S = 5.0
_CHECKED_S = 180


class StateCollector(Collector):
    """Of a whole installation: every web process gives the same figures, so take their maximum."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: list[GaugeMetricFamily] = []
        self._kept_until = 0.0

    def collect(self) -> Iterable[GaugeMetricFamily]:
        with self._lock:
            if time.monotonic() >= self._kept_until:
                self._kept = self._asked()
                self._kept_until = time.monotonic() + KEPT_S
            return self._kept

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing, or registering would ask the database."""
        return []

    def forget(self) -> None:
        self._kept_until = 0.0

    def _asked(self) -> list[GaugeMetricFamily]:
        try:
            families = [*_queue(), *_workers(), *_parts(), *_stripe(), *_usage()]
            is_up = takes_writes()
        except DatabaseError:
            families, is_up = [], False
        text = "Whether the database answers and takes writes."
        return [_gauge("maskr_database_up", text, is_up), *families]


def _queue() -> Iterator[GaugeMetricFamily]:
    is_batch = Q(batch__isnull=False)
    found = Job.objects.filter(state=Job.State.PENDING).aggregate(
        count_batch=Count("pk", filter=is_batch),
        count_interactive=Count("pk", filter=~is_batch),
        oldest_batch=clock.age_of_oldest(is_batch),
        oldest_interactive=clock.age_of_oldest(~is_batch),
    )
    waiting = GaugeMetricFamily("maskr_queue_jobs", "Jobs that wait.", labels=["queue"])
    oldest = GaugeMetricFamily(
        "maskr_queue_oldest_seconds", "Age of the oldest job that waits.", labels=["queue"]
    )
    for queue in ("interactive", "batch"):
        waiting.add_metric([queue], found[f"count_{queue}"])
        oldest.add_metric([queue], clock.seconds(found[f"oldest_{queue}"]))
    running = Job.objects.filter(state=Job.State.PROCESSING).count()
    yield from (waiting, oldest, _gauge("maskr_jobs_running", "Jobs being worked.", running))


def _workers() -> Iterator[GaugeMetricFamily]:
    yield _gauge("maskr_workers_alive", "Worker processes seen lately.", workers.alive().count())


def _parts() -> Iterator[GaugeMetricFamily]:
    """As last recorded; what was recorded too long ago says nothing about now."""
    up = GaugeMetricFamily("maskr_part_up", "Whether a part worked when checked.", labels=["part"])
    since = timezone.now() - timedelta(seconds=_CHECKED_S)
    # A day is at most one row a part; the day before counts just after midnight.
    for row in PartDay.objects.filter(day__gte=since.date(), checked_at__gte=since):
        up.add_metric([row.part], row.is_ok)
    yield up


def _stripe() -> Iterator[GaugeMetricFamily]:
    open_events = StripeEvent.objects.filter(state__in=["received", "failed"])
    is_given_up = Q(attempts__gte=MOST_ATTEMPTS)
    yield from _backlog(
        open_events.exclude(is_given_up), "received_at", "maskr_stripe_event", "Stripe events"
    )
    given_up = open_events.filter(is_given_up).count()
    yield _gauge("maskr_stripe_events_given_up", "Stripe events that failed too often.", given_up)


def _usage() -> Iterator[GaugeMetricFamily]:
    pending = MeterEvent.objects.filter(state=MeterEvent.State.PENDING)
    yield from _backlog(pending, "happened_at", "maskr_meter_event", "Usage to report to Stripe")


def _backlog(
    rows: "QuerySet[StripeEvent] | QuerySet[MeterEvent]", since: str, name: str, what: str
) -> Iterator[GaugeMetricFamily]:
    found = rows.aggregate(count=Count("pk"), oldest=Min(since))
    age_s = (timezone.now() - found["oldest"]).total_seconds() if found["oldest"] else 0
    yield _gauge(f"{name}s_waiting", f"{what}: how many wait.", found["count"])
    yield _gauge(f"{name}_oldest_seconds", f"{what}: the age of the oldest.", age_s)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)
