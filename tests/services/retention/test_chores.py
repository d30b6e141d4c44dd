"""What has an age limit goes after it, once for all processes, and not before."""

from datetime import timedelta

import pytest
from django.utils import timezone

from billing import events as stripe_events
from billing.models import StripeEvent
from services import files, jobs
from services.models import Job
from services.outgoing import endpoints, history
from services.outgoing.models import WebhookDelivery, WebhookEvent
from services.retention import chores
from services.retention.chores import Housekeeping
from services.retention.models import Chore
from tests.racing import at_once, move_clock, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def counted(monkeypatch) -> list[str]:
    """One chore, which is due every minute and notes when it is done."""
    done: list[str] = []

    def do() -> int:
        done.append("done")
        return 1

    monkeypatch.setattr(chores, "TASKS", {"count": chores.Task(timedelta(minutes=1), do)})
    return done


def make_due() -> None:
    Chore.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def test_a_chore_waits_its_time_first(counted):
    chores.run_due()
    assert counted == []


def test_a_chore_is_done_when_it_is_due(counted):
    chores.run_due()
    make_due()
    assert (chores.run_due(), counted) == ({"count": 1}, ["done"])


def test_a_chore_is_not_done_again_before_its_time(counted):
    chores.run_due()
    make_due()
    chores.run_due()
    assert (chores.run_due(), counted) == ({}, ["done"])


def test_a_process_whose_clock_is_days_ahead_puts_no_chore_off(counted, monkeypatch):
    chores.run_due()
    make_due()
    with monkeypatch.context() as there:
        move_clock(there, 3 * 86_400)
        chores.run_due()
    assert Chore.objects.get().due_at < timezone.now() + timedelta(minutes=2)


def test_a_process_whose_clock_is_days_ahead_does_no_chore_before_its_time(counted, monkeypatch):
    chores.run_due()
    move_clock(monkeypatch, 3 * 86_400)
    assert (chores.run_due(), counted) == ({}, [])


def test_many_processes_do_a_chore_once(counted):
    chores.run_due()
    make_due()
    at_once(lambda _: chores.run_due(), range(6))
    assert counted == ["done"]


def test_a_chore_that_fails_keeps_no_other(counted, monkeypatch):
    def fail() -> int:
        raise OSError("storage is away")

    tasks = {"fail": chores.Task(timedelta(minutes=1), fail), **chores.TASKS}
    monkeypatch.setattr(chores, "TASKS", tasks)
    chores.run_due()
    make_due()
    assert chores.run_due() == {"fail": 0, "count": 1}


def test_every_real_chore_runs(transactional_db):
    chores.run_due()
    make_due()
    assert chores.run_due() == dict.fromkeys(chores.TASKS, 0)


def test_housekeeping_purges_files(new_job):
    new_job()
    Housekeeping().round()
    assert Job.objects.get().purged_at


def test_housekeeping_goes_on_until_all_that_is_due_is_deleted(new_job, monkeypatch):
    monkeypatch.setattr(files, "_AT_ONCE", 2)
    for _ in range(7):
        new_job()
    housekeeping = Housekeeping()
    housekeeping.start()
    try:
        until(lambda: not Job.objects.filter(purged_at=None).exists(), 10)
    finally:
        housekeeping.stop()


@pytest.fixture
def told() -> StripeEvent:
    event = StripeEvent.objects.create(id="evt_1", type="a", payload={"b": 1}, state="ignored")
    StripeEvent.objects.update(received_at=timezone.now() - timedelta(days=91))
    return event


def test_what_stripe_told_goes_after_its_time(told):
    assert (stripe_events.forget_payloads(), StripeEvent.objects.get().payload) == (1, {})


def test_a_stripe_event_in_its_time_stays(told, settings):
    settings.STRIPE_EVENT_DAYS = 92
    assert stripe_events.forget_payloads() == 0


@pytest.mark.parametrize("state", ["received", "failed"])
def test_an_unprocessed_stripe_event_stays(told, state):
    StripeEvent.objects.update(state=state)
    assert stripe_events.forget_payloads() == 0


def test_a_forgotten_stripe_event_is_not_applied_again(told):
    stripe_events.forget_payloads()
    with pytest.raises(stripe_events.PayloadForgotten, match="Stripe still shows"):
        stripe_events.process("evt_1", again=True)


def test_a_forgotten_stripe_event_told_again_is_still_known(told):
    stripe_events.forget_payloads()
    stripe_events.store({"id": "evt_1", "type": "a", "data": {"object": {}}})
    assert stripe_events.process("evt_1").payload == {}


@pytest.fixture
def delivery(alice, new_job) -> WebhookDelivery:
    endpoints.create(alice.user, "https://shop.example/", ["job.failed"])
    jobs.fail(new_job(state=Job.State.PENDING), "no", code="internal_error")
    WebhookEvent.objects.update(created_at=timezone.now() - timedelta(days=31))
    return WebhookDelivery.objects.get()


def test_the_log_of_webhooks_goes_after_its_time(delivery):
    WebhookDelivery.objects.update(state="delivered")
    history.forget_old()
    assert not WebhookEvent.objects.exists() and not WebhookDelivery.objects.exists()


def test_a_webhook_still_to_be_sent_stays(delivery):
    assert history.forget_old() == 0


def test_a_webhook_in_its_time_stays(delivery, settings):
    WebhookDelivery.objects.update(state="delivered")
    settings.WEBHOOK_DAYS = 32
    assert history.forget_old() == 0
