"""Usage is counted as jobs end, once each, whoever ends them and how many do so at once."""

import importlib
import math
import statistics
from datetime import timedelta
from io import StringIO
from uuid import UUID

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models import Sum
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from services import jobs, usage
from services.models import Job, UsageDay
from tests.pictures import picture
from tests.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)
COUNTED = ("owner", "day", "service", "bucket", "jobs", "paid", "credits")
durations = st.lists(st.floats(0.1, 800_000), min_size=1, max_size=60)


def placed(customer) -> Job:
    return Job.objects.get(pk=UUID(customer.post(Prefer="respond-async").json()["job_id"]))


def failed(job: Job) -> bool:
    return jobs.fail(job, "no", code="x")


def counted() -> set[tuple[object, ...]]:
    return set(UsageDay.objects.values_list(*COUNTED))


def total(field: str) -> int | None:
    return UsageDay.objects.aggregate(sum=Sum(field))["sum"]


@pytest.mark.usefixtures("worker")
def test_a_completed_job_is_counted_with_its_credits(alice):
    alice.post()
    row = UsageDay.objects.get()
    assert (row.owner, row.service, row.jobs) == (alice.user, "background-removal", 1)
    assert (row.day, row.credits, row.bucket > 0) == (timezone.now().date(), 300, True)


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(("mode", "paid"), [("live", 1), ("test", 0)])
def test_what_costs_nothing_is_counted_as_not_paid(new_customer, mode, paid):
    new_customer("carol@example.com", 10_000, mode).post()
    row = UsageDay.objects.get()
    assert (row.jobs, row.paid) == (1, paid)


@pytest.mark.usefixtures("no_worker")
def test_a_failed_job_is_counted_without_credits(alice):
    failed(placed(alice))
    row = UsageDay.objects.get()
    assert (row.bucket, row.jobs, row.credits) == (usage.FAILED, 1, 0)


@pytest.mark.usefixtures("no_worker")
def test_a_job_that_ends_twice_is_counted_once(alice):
    job = placed(alice)
    failed(job)
    failed(job)
    assert total("jobs") == 1


@pytest.mark.usefixtures("no_worker")
def test_a_waiting_job_is_not_counted(alice):
    placed(alice)
    assert total("jobs") is None


@pytest.mark.usefixtures("worker")
def test_unreadable_pictures_of_a_batch_are_counted_as_failed(alice):
    alice.post_batch([picture(), b"no picture", b"nor this"])
    assert UsageDay.objects.get(bucket=usage.FAILED).jobs == 2


def test_accounts_services_and_days_are_counted_apart(alice, bob):
    now = timezone.now()
    yesterday = now - timedelta(days=1)
    places = [(alice, "a", now), (alice, "b", now), (alice, "a", yesterday), (bob, "a", now)]
    for times, (customer, service, moment) in enumerate(places, 1):
        for _ in range(times):
            usage.note_refused(customer.user, service, 1, moment)
    assert sorted(UsageDay.objects.values_list("jobs", flat=True)) == [1, 2, 3, 4]


@pytest.mark.usefixtures("no_worker")
def test_jobs_that_end_at_once_are_all_counted(alice):
    many = [placed(alice) for _ in range(12)]
    assert at_once(failed, many) == [True] * 12
    assert UsageDay.objects.get().jobs == 12


@pytest.mark.usefixtures("worker")
def test_batches_and_single_jobs_at_once_do_not_block_each_other(alice):
    batch = [picture(), b"no picture", picture()]
    answers = at_once(lambda work: work(), [alice.post, lambda: alice.post_batch(batch)] * 4)
    assert {answer.status_code for answer in answers} == {200}
    assert total("jobs") == 4 + 4 * 3


@pytest.mark.usefixtures("worker")
def test_a_recount_finds_what_was_counted(alice, new_customer):
    alice.post_batch([picture(), b"no picture"])
    alice.post()
    new_customer("carol@example.com", 1_000).post()
    before = counted()
    usage.recount()
    assert counted() == before


@pytest.mark.usefixtures("no_worker")
def test_a_recount_repairs_wrong_rows(alice):
    failed(placed(alice))
    UsageDay.objects.update(jobs=7)
    call_command("recount_usage", stdout=(said := StringIO()))
    assert (total("jobs"), said.getvalue()) == (1, "1 rows of usage\n")


@pytest.mark.usefixtures("no_worker")
def test_the_migration_counts_as_a_recount_does(alice):
    failed(placed(alice))
    jobs.perform(placed(alice).pk)
    before = counted()
    UsageDay.objects.all().delete()
    importlib.import_module("services.migrations.0004_count_usage")._count(apps, None)
    importlib.import_module("services.migrations.0010_paid_pictures")._count(apps, None)
    assert counted() == before


@pytest.mark.usefixtures("no_worker")
def test_a_recount_beside_ending_jobs_loses_none(alice):
    many = [placed(alice) for _ in range(8)]
    work = [lambda job=job: failed(job) for job in many] + [usage.recount] * 2
    results = at_once(lambda step: step(), work)
    assert not [result for result in results if isinstance(result, Exception)]
    assert total("jobs") == 8


@pytest.mark.usefixtures("no_worker")
def test_a_job_is_counted_on_the_day_it_ended(alice):
    job = placed(alice)
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(days=2))
    failed(job)
    assert UsageDay.objects.get().day == timezone.now().date()


def histogram(took: list[float]) -> dict[int, int]:
    buckets = [usage.bucket_of(ms) for ms in took]
    return {bucket: buckets.count(bucket) for bucket in buckets}


@given(durations, st.sampled_from([0.5, 0.95, 1.0]))
def test_a_percentile_is_within_ten_per_cent(took, share):
    found = usage.percentile(histogram(took), share)
    exact = sorted(took)[math.ceil(share * len(took)) - 1]
    assert found == pytest.approx(max(exact, 1.0), rel=0.10)


@given(durations)
def test_percentiles_do_not_cross(took):
    low, high = (usage.percentile(histogram(took), share) for share in (0.5, 0.95))
    assert low is not None and high is not None and low <= high


def test_failures_have_no_duration():
    assert usage.percentile({usage.FAILED: 5}, 0.5) is None


@pytest.mark.parametrize(("took_ms", "bucket"), [(0, 1), (1, 1), (2, 5), (1024, 41), (1e9, 80)])
def test_a_duration_has_its_bucket(took_ms, bucket):
    assert usage.bucket_of(took_ms) == bucket


def test_the_median_of_equal_durations_is_near_them():
    took = [250.0] * 9
    assert usage.percentile(histogram(took), 0.5) == pytest.approx(statistics.median(took), rel=0.1)
