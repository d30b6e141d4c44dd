"""The credits of a delivered picture go back once, within limits, with a reason in the history."""

import pytest

from billing import goodwill
from billing.audit import discrepancies
from billing.models import LedgerEntry, MeterEvent
from services import jobs
from services.models import Job
from tests.backoffice.conftest import JOBS
from tests.racing import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]


@pytest.fixture
def job(alice) -> Job:
    assert alice.post().status_code == 200
    return Job.objects.get()


def test_the_credits_go_back(support, job, alice):
    support.act(JOBS, "refund", job)
    assert alice.balance == 10_000


def test_the_entry_names_reason_and_person(support, job):
    support.act(JOBS, "refund", job, reason="the hair was cut off")
    entry = LedgerEntry.objects.get(kind="return")
    assert (entry.reason, entry.actor, entry.job) == ("the hair was cut off", support.user, job.pk)


def test_it_is_offered_once(support, job):
    path = f"{JOBS}{job.pk}/change/"
    assert "Return the credits</button>" in support.get(path)
    support.act(JOBS, "refund", job)
    assert "Return the credits</button>" not in support.get(path)


def test_the_history_tells_what_and_why(support, job, history):
    support.act(JOBS, "refund", job, reason="the hair was cut off")
    assert history(job) == [
        f"3 credits of job {job.pk} returned to alice@example.com. Reason: the hair was cut off"
    ]


def test_it_asks_before_it_does_anything(support, job, alice):
    chosen = {"action": "refund", "_selected_action": [str(job.pk)]}
    html = support.client.post(JOBS, chosen).content.decode()
    assert ("Return the credits" in html, alice.balance) == (True, 9_700)


def test_without_a_reason_nothing_moves(support, job, alice):
    support.act(JOBS, "refund", job, reason=" ")
    assert alice.balance == 9_700


def test_twice_is_once(support, job, alice):
    support.act(JOBS, "refund", job)
    html = support.act(JOBS, "refund", job).content.decode()
    assert ("returned already" in html, alice.balance) == (True, 10_000)


def test_many_at_the_same_moment_are_one(support, job, alice):
    def refund(_):
        return goodwill.return_credits(job.pk, actor=support.user, reason="x", most_per_day=None)

    results = at_once(refund, range(6))
    assert ([r for r in results if r == 300], alice.balance) == ([300], 10_000)


def test_what_failed_is_not_refunded(support, alice, job):
    Job.objects.update(state="failed")
    html = support.act(JOBS, "refund", job).content.decode()
    assert ("only delivered pictures" in html, alice.balance) == (True, 9_700)
    Job.objects.update(state="completed")


def test_a_free_job_is_not_refunded(support, new_customer):
    tester = new_customer("tester@example.com", 0, "test")
    tester.post()
    html = support.act(JOBS, "refund", Job.objects.get()).content.decode()
    assert "cost nothing" in html


def test_a_job_on_the_invoice_is_not_refunded(support, job, alice):
    account = alice.user.credit_account
    event = MeterEvent.objects.create(job=job.pk, account=account, event_name="x", state="sent")
    html = support.act(JOBS, "refund", job).content.decode()
    assert "on the monthly invoice" in html
    event.delete()


def test_support_returns_no_more_than_its_limit(support, job, alice, settings):
    settings.SUPPORT_REFUND_CREDITS = 2
    html = support.act(JOBS, "refund", job).content.decode()
    assert ("You may return 2 credits a day" in html, alice.balance) == (True, 9_700)


def test_the_limit_counts_a_day_and_not_a_job(support, job, alice, settings):
    settings.SUPPORT_REFUND_CREDITS = 5
    alice.post()
    support.act(JOBS, "refund", *Job.objects.all())
    assert alice.balance == 9_700


def test_simultaneous_refunds_share_the_limit(support, job, alice):
    for _ in range(3):
        alice.post()

    def refund(job_id):
        return goodwill.return_credits(job_id, actor=support.user, reason="x", most_per_day=700)

    results = at_once(refund, Job.objects.values_list("pk", flat=True))
    assert (results.count(300), alice.balance) == (2, 10_000 - 600)


def test_finance_has_no_limit(finance, job, alice, settings):
    settings.SUPPORT_REFUND_CREDITS = 0
    finance.act(JOBS, "refund", job)
    assert alice.balance == 10_000


def test_staff_without_a_role_refund_nothing(staff, job, alice):
    assert staff().act(JOBS, "refund", job).status_code == 403
    assert alice.balance == 9_700


def test_returned_credits_do_not_count_as_used(support, job, alice):
    from billing import credits

    support.act(JOBS, "refund", job)
    assert credits.used(alice.user) == 0


def test_the_cap_of_the_key_gets_its_part_back(support, alice):
    alice.key.monthly_credit_cap_hundredths = 300
    alice.key.save()
    alice.post()
    support.act(JOBS, "refund", Job.objects.get())
    assert alice.post().status_code == 200


def test_the_audit_finds_what_was_returned_for_no_picture(support, job, alice):
    support.act(JOBS, "refund", job)
    Job.objects.update(state="failed", charged=0)
    assert "returned = price" in {found.law for found in discrepancies()}
    Job.objects.update(state="completed", charged=300)


def test_a_waiting_job_is_refused_in_a_sentence(support, job):
    Job.objects.update(state=jobs.State.PROCESSING)
    assert "is processing" in support.act(JOBS, "refund", job).content.decode()
    Job.objects.update(state="completed")
