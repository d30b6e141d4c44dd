"""What an account owns and owes: balance, debt, ledger, prices. Only billing.credits moves credits."""

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import ApiKey
from billing.amounts import to_text
from billing.calendar import MonthOf

#: Holds for every entry of the ledger.
MOVES = ~Q(amount=0)


class CreditAccount(models.Model):
    """The balance of one user: always the sum of its ledger entries, never below zero."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="credit_account"
    )
    balance = models.BigIntegerField("balance (hundredths)", default=0, editable=False)
    # What refunds and disputes took back beyond the balance; the next credits pay it first.
    debt = models.BigIntegerField("debt (hundredths)", default=0, editable=False)
    # Below it the owner wants to be told; is_low says that they were, for this time.
    low_threshold = models.BigIntegerField(
        "tell when below (hundredths)", null=True, blank=True, editable=False
    )
    is_low = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(balance__gte=0), name="balance_never_negative"),
            models.CheckConstraint(condition=Q(debt__gte=0), name="debt_never_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({to_text(self.balance)} credits)"


class LedgerEntry(models.Model):
    """One movement of credits. Append-only: a mistake is answered by another entry."""

    class Kind(models.TextChoices):
        GRANT = "grant", "grant"
        PURCHASE = "purchase", "purchase"
        USAGE = "usage", "usage"
        RELEASE = "release", "release"
        ADJUST = "adjust", "adjustment"
        SUBSCRIPTION = "subscription", "included in the plan"
        REFUND = "refund", "taken back: refund"
        DISPUTE = "dispute", "taken back: dispute"
        REVERSAL = "reversal", "given back"
        EXPIRY = "expiry", "expired"
        DEBT = "debt", "debt paid"
        # What a delivered picture cost, given back by the staff.
        RETURN = "return", "returned by support"
        # Opposite of the usage of a job that the monthly invoice charges for.
        METERED = "metered", "on the invoice"

    account = models.ForeignKey(CreditAccount, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=12, choices=Kind)
    amount = models.BigIntegerField("amount (hundredths)")
    balance_after = models.BigIntegerField("balance after (hundredths)")
    job = models.UUIDField(null=True, blank=True, db_index=True)
    # What the job was for; empty for what no picture moved.
    service = models.CharField(max_length=40, blank=True, default="", db_default="")
    api_key = models.ForeignKey(ApiKey, null=True, blank=True, on_delete=models.SET_NULL)
    # What makes a movement happen once: "usage:<job>", "release:<job>", "grant:<id>".
    key = models.CharField(max_length=100)
    reason = models.CharField(max_length=200, blank=True)
    purchase = models.ForeignKey(
        "billing.Purchase",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="entries",
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        verbose_name_plural = "ledger entries"
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="one_effect_per_key"),
            models.CheckConstraint(condition=MOVES, name="amount_not_zero"),
            models.CheckConstraint(condition=Q(balance_after__gte=0), name="after_never_negative"),
        ]
        indexes = [
            models.Index(F("account"), F("created_at").desc(), name="ledger_by_account"),
            models.Index(fields=["kind", "-created_at"], name="ledger_by_kind"),
            # All that sums of months need, in the order in which they are grouped. The condition, which
            # holds for every entry, keeps SQLite from reading lists by it that have another order.
            models.Index(
                F("account"),
                MonthOf("created_at"),
                F("kind"),
                F("service"),
                F("created_at"),
                F("amount"),
                condition=MOVES,
                name="ledger_by_month",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {to_text(self.amount)}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("a ledger entry is never changed; add another one")
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise TypeError("a ledger entry is never deleted; add another one")


class DebtEntry(models.Model):
    """One change of an account's debt, append-only like the ledger: positive when more is owed."""

    account = models.ForeignKey(CreditAccount, on_delete=models.PROTECT, related_name="debts")
    amount = models.BigIntegerField("amount (hundredths)")
    debt_after = models.BigIntegerField("debt after (hundredths)")
    key = models.CharField(max_length=100)
    reason = models.CharField(max_length=200, blank=True)
    purchase = models.ForeignKey(
        "billing.Purchase", null=True, blank=True, on_delete=models.PROTECT, related_name="debts"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "debt entries"
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="one_debt_per_key"),
            models.CheckConstraint(condition=~Q(amount=0), name="debt_not_zero"),
            models.CheckConstraint(condition=Q(debt_after__gte=0), name="debt_after_not_negative"),
        ]

    def __str__(self) -> str:
        return f"debt {to_text(self.amount)}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("a debt entry is never changed; add another one")
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise TypeError("a debt entry is never deleted; add another one")


class KeySpend(models.Model):
    """What one API key has spent in one calendar month (UTC), for its monthly cap."""

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE)
    month = models.DateField()
    spent = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["api_key", "month"], name="one_spend_per_month")
        ]


class ServicePrice(models.Model):
    """The price of one completed picture, editable in the admin and effective at once."""

    service = models.CharField(max_length=40, primary_key=True)
    hundredths = models.PositiveIntegerField(
        "price (hundredths of a credit)", help_text="300 is three credits."
    )

    def __str__(self) -> str:
        return f"{self.service}: {to_text(self.hundredths)}"
