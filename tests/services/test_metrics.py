"""What jobs leave behind in the counters of their process."""

import pytest
from prometheus_client import REGISTRY

from accounts import keys, rates
from accounts import metrics as accounts_metrics
from services import metrics, reaper
from services.models import Job
from tests.pictures import picture
from tests.site.metrics.counting import Growth

pytestmark = pytest.mark.in_process("reads the counters of its own process")
SERVICE = "background-removal"


@pytest.fixture
def ended():
    """Growth of the counter of ended jobs for an outcome."""
    return lambda outcome: Growth("maskr_jobs_ended_total", service=SERVICE, outcome=outcome)


def test_a_completed_job_is_counted(alice, worker, ended):
    grown = ended("completed")
    alice.post()
    assert grown() == 1


def test_a_cancelled_job_is_counted_with_its_reason(alice, no_worker, settings, ended):
    grown = ended("gave_up")
    settings.NO_WORKER_LIMIT_S = -1
    alice.post(prefer="respond-async")
    reaper.sweep()
    assert grown() == 1


def test_the_wait_is_measured_from_the_order_to_the_claim(alice, worker):
    count = Growth("maskr_job_wait_seconds_count", queue="interactive")
    seconds = Growth("maskr_job_wait_seconds_sum", queue="interactive")
    alice.post()
    assert count() == 1 and 0 <= seconds() < 30


def test_batches_wait_for_themselves(alice, worker):
    grown = Growth("maskr_job_wait_seconds_count", queue="batch")
    alice.post_batch([picture(), picture()])
    assert grown() == 2


def test_a_second_attempt_says_nothing_about_the_queue(alice, no_worker):
    alice.post(prefer="respond-async")
    job = Job.objects.get()
    job.attempts, job.started_at = 2, job.created_at
    grown = Growth("maskr_job_wait_seconds_count", queue="interactive")
    metrics.job_claimed(job)
    assert grown() == 0


def test_a_run_is_measured_by_engine_and_precision(alice, worker):
    grown = Growth("maskr_inference_seconds_count", engine="u2netp", precision="fp32")
    alice.post()
    assert grown() == 1


@pytest.mark.parametrize("stage", ["decode", "encode"])
def test_stages_are_measured(alice, worker, stage):
    grown = Growth("maskr_stage_seconds_count", stage=stage)
    alice.post()
    assert grown() == 1


def test_what_a_completed_job_costs_is_settled(alice, worker):
    grown = Growth("maskr_credits_settled_total")
    alice.post()
    assert grown() == Job.objects.get().price / 100


def test_credits_are_counted_when_they_move(alice, worker):
    grown = Growth("maskr_credits_moved_total", kind="usage", direction="taken")
    alice.post()
    assert grown() == Job.objects.get().price / 100


def test_credits_of_a_failed_job_are_counted_back(alice, no_worker, settings):
    grown = Growth("maskr_credits_moved_total", kind="release", direction="added")
    settings.NO_WORKER_LIMIT_S = -1
    alice.post(prefer="respond-async")
    reaper.sweep()
    assert grown() == Job.objects.get().price / 100


def test_sweeps_count_what_they_put_right(alice, no_worker, settings):
    grown = Growth("maskr_repairs_total", kind="given_up")
    settings.NO_WORKER_LIMIT_S = -1
    alice.post(prefer="respond-async")
    reaper.sweep()
    assert grown() == 1


@pytest.mark.parametrize("key", ["nonsense", "sk-live-0"])
def test_a_malformed_key_is_counted(alice, key):
    grown = Growth("maskr_keys_refused_total", reason="malformed")
    alice.post(authorization=f"Bearer {key}")
    assert grown() == 1


def test_a_revoked_key_is_counted(alice):
    grown = Growth("maskr_keys_refused_total", reason="unknown")
    keys.revoke(alice.key)
    alice.post()
    assert grown() == 1


def test_a_key_from_elsewhere_is_counted(alice):
    grown = Growth("maskr_keys_refused_total", reason="address")
    alice.key.allowed_ips = ["192.0.2.0/24"]
    alice.key.save()
    alice.post()
    assert grown() == 1


def test_a_throttled_request_is_counted_by_scope(alice, monkeypatch):
    grown = Growth("maskr_requests_throttled_total", scope=SERVICE)
    refused = rates.RateState(limit=1, remaining=0, reset_s=9, is_allowed=False)
    monkeypatch.setattr(rates, "hit", lambda *_args: refused)
    assert (alice.post().status_code, grown()) == (429, 1)


def test_a_failed_log_in_is_counted(client, alice):
    grown = Growth("maskr_logins_failed_total")
    client.post("/accounts/login/", {"login": "alice@example.com", "password": "wrong"})
    assert grown() == 1


def test_no_label_holds_anything_of_a_customer(alice, worker):
    alice.post()
    values = {
        value
        for family in REGISTRY.collect()
        for sample in family.samples
        if sample.name.startswith("maskr_")
        for value in sample.labels.values()
    }
    secret = (alice.plaintext, alice.key.fingerprint, "alice", str(Job.objects.get().pk))
    assert not [value for value in values if any(one in value for one in secret)]


@pytest.mark.django_db
def test_repairs_are_told_as_zero_before_the_first():
    metrics.REPAIRS.clear()
    reaper.sweep()
    assert REGISTRY.get_sample_value("maskr_repairs_total", {"kind": "retried"}) == 0


def test_refusals_for_the_rate_are_told_as_zero_before_the_first(alice, worker):
    accounts_metrics.THROTTLED.clear()
    alice.post()
    assert REGISTRY.get_sample_value("maskr_requests_throttled_total", {"scope": SERVICE}) == 0
