"""The database itself refuses what would falsify the books."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F

from billing.models import CreditAccount, LedgerEntry


@pytest.fixture
def entry(rich) -> LedgerEntry:
    return LedgerEntry.objects.get(account__user=rich)


@pytest.fixture
def on_postgres() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("the guard is a trigger of PostgreSQL; DATABASE_URL names another database")


def test_an_entry_cannot_be_changed(entry):
    entry.amount = 1
    with pytest.raises(TypeError, match="never changed"):
        entry.save()


def test_an_entry_cannot_be_deleted(entry):
    with pytest.raises(TypeError, match="never deleted"):
        entry.delete()


def test_a_balance_cannot_be_negative(rich):
    with pytest.raises(IntegrityError), transaction.atomic():
        CreditAccount.objects.update(balance=-1)


def test_an_entry_of_nothing_cannot_be_added(entry):
    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerEntry.objects.create(account=entry.account, kind="grant", amount=0, balance_after=0)


def test_a_key_cannot_be_used_twice(entry):
    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerEntry.objects.create(
            account=entry.account, kind="grant", amount=1, balance_after=1, key=entry.key
        )


@pytest.mark.parametrize("change", ["amount", "balance_after"])
def test_sql_cannot_change_an_entry(on_postgres, entry, change):
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        LedgerEntry.objects.filter(pk=entry.pk).update(**{change: F(change) + 1})


def test_sql_cannot_delete_an_entry(on_postgres, entry):
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        LedgerEntry.objects.filter(pk=entry.pk).delete()


def test_an_account_with_credits_cannot_be_deleted(rich):
    with pytest.raises(IntegrityError), transaction.atomic():
        rich.delete()
