"""Purchases, and the facts that Stripe told about the money behind them."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from billing.amounts import price_text, to_text
from billing.models.ledger import CreditAccount
from billing.models.plans import CreditPack, Plan


class Purchase(models.Model):
    """Credits for money: what was asked for, at the price of that moment, and what became of it.

    The last three columns are what this purchase has moved so far. Only billing.purchases writes
    them, together with the ledger, until they are what the facts demand.
    """

    class Kind(models.TextChoices):
        PACK = "pack", "credit pack"
        TOP_UP = "top_up", "automatic top-up"
        SUBSCRIPTION = "subscription", "month of a plan"

    class Ending(models.TextChoices):
        EXPIRED = "expired", "expired"
        FAILED = "failed", "payment failed"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    account = models.ForeignKey(CreditAccount, on_delete=models.PROTECT, related_name="purchases")
    kind = models.CharField(max_length=12, choices=Kind)
    pack = models.ForeignKey(CreditPack, null=True, blank=True, on_delete=models.PROTECT)
    plan = models.ForeignKey(Plan, null=True, blank=True, on_delete=models.PROTECT)
    credits = models.BigIntegerField("credits (hundredths)")
    price_minor = models.PositiveBigIntegerField("price before discounts and tax")
    currency = models.CharField(max_length=3)

    paid_at = models.DateTimeField(null=True, blank=True)
    # After discounts and with tax: what a refund or dispute is a share of.
    paid_minor = models.PositiveBigIntegerField(null=True, blank=True)
    ending = models.CharField(max_length=8, choices=Ending, blank=True)
    session = models.CharField("checkout session", max_length=255, blank=True)
    invoice = models.CharField(max_length=100, null=True, blank=True, unique=True)
    invoice_url = models.URLField(max_length=1000, blank=True)
    receipt_url = models.URLField(max_length=1000, blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    granted = models.BigIntegerField("granted (hundredths)", default=0)
    refunded = models.BigIntegerField("taken back for refunds (hundredths)", default=0)
    disputed = models.BigIntegerField("taken back for disputes (hundredths)", default=0)
    # Of the plan's earlier credits, those still there when this month began.
    carried = models.BigIntegerField("rolled over (hundredths)", default=0)
    # Of this month's credits, those that expired when the next one began; and those that had been
    # taken back by then.
    expired = models.BigIntegerField("expired (hundredths)", default=0, db_default=0)
    taken_by_then = models.BigIntegerField(
        "taken back before they expired (hundredths)", default=0, db_default=0
    )
    # What of `expired` rolled over and expired with later months: the id of each, and how much. It
    # counts for those months again once less of this one is taken back; see billing.rollover.
    expired_later = models.JSONField(null=True, blank=True, editable=False)
    # While one of the staff refunds it nobody else does, until then at most.
    refunding_until = models.DateTimeField(null=True, blank=True, editable=False)
    movements = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        indexes = [
            models.Index(F("account"), F("created_at").desc(), name="purchase_by_account"),
            models.Index(fields=["paid_at"], name="purchase_by_payment"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(granted__gte=0, refunded__gte=0, disputed__gte=0)
                & Q(granted__gte=F("refunded") + F("disputed")),
                name="taken_back_at_most_what_was_granted",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {to_text(self.credits)} credits, {self.price}"

    @property
    def net(self) -> int:
        return self.granted - self.refunded - self.disputed

    @property
    def price(self) -> str:
        return price_text(self.price_minor, self.currency)

    @property
    def status(self) -> str:
        if self.paid_at is None:
            return self.ending or "open"
        if self.disputed:
            return "disputed"
        if self.refunded:
            return "refunded" if self.net <= self.expired else "partly refunded"
        return "paid"


class Payment(models.Model):
    """One payment intent, as far as Stripe told; it may be heard of before its purchase is."""

    intent = models.CharField(primary_key=True, max_length=100)
    purchase = models.ForeignKey(
        Purchase, null=True, blank=True, on_delete=models.PROTECT, related_name="payments"
    )
    # Told by invoice_payment.paid, perhaps before the invoice itself.
    invoice = models.CharField(max_length=100, blank=True, db_index=True)
    # The largest sum of refunds that any event told; single refunds may have failed since.
    refunded_minor = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return self.intent


class Refund(models.Model):
    """One refund of a payment and how far it got."""

    id = models.CharField(primary_key=True, max_length=100)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount_minor = models.PositiveBigIntegerField()
    has_failed = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.id


class Dispute(models.Model):
    """One dispute of a payment; its credits stay taken back unless it is won."""

    id = models.CharField(primary_key=True, max_length=100)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    amount_minor = models.PositiveBigIntegerField()
    status = models.CharField(max_length=40)
    told_at = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.id}: {self.status}"
