"""Proves that every balance is the sum of its ledger."""

from dataclasses import dataclass

from django.db.models import BigIntegerField, F, Sum
from django.db.models.functions import Coalesce

from billing.models import CreditAccount


@dataclass(frozen=True)
class Discrepancy:
    """An account whose balance differs from its ledger; both in hundredths."""

    email: str
    balance: int
    ledger: int


def discrepancies() -> list[Discrepancy]:
    """Empty when the books are right. One query, so it sees one moment."""
    rows = (
        CreditAccount.objects.annotate(
            ledger=Coalesce(Sum("entries__amount"), 0, output_field=BigIntegerField())
        )
        .exclude(balance=F("ledger"))
        .values_list("user__email", "balance", "ledger")
    )
    return [Discrepancy(*row) for row in rows]
