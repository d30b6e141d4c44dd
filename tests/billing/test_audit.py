"""Rows that somebody changed by hand: the audit finds each."""

from uuid import uuid4

from billing import credits
from billing.audit import Discrepancy, discrepancies
from billing.models import CreditAccount, LedgerEntry
from services.models import Job


def test_an_entry_that_tells_another_balance_is_found(rich):
    account = rich.credit_account
    entry = LedgerEntry.objects.create(
        account=account, kind="grant", amount=100, balance_after=10_001, key="by hand"
    )
    CreditAccount.objects.update(balance=10_100)
    law = "balance after = before + amount"
    assert discrepancies() == [Discrepancy(law, f"entry {entry.pk}", 10_100, 10_001)]


def test_a_job_that_somebody_else_paid_is_found(rich, poor):
    job = Job.objects.create(
        id=uuid4(), owner=poor, service="background-removal", price=300, operation={}
    )
    credits.reserve(rich, 300, job=job.pk)
    assert discrepancies() == [Discrepancy("job = entries of its owner", str(job.pk), 0, -300)]


def test_a_job_that_its_owner_paid_is_right(rich):
    job = Job.objects.create(
        id=uuid4(), owner=rich, service="background-removal", price=300, operation={}
    )
    credits.reserve(rich, 300, job=job.pk)
    assert discrepancies() == []
