"""Rows that wait for something: events to process, usage to report, cards to charge."""

from uuid import uuid4

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from billing.amounts import price_text
from billing.models.ledger import CreditAccount
from billing.models.payments import Purchase
from billing.models.plans import CreditPack


class StripeEvent(models.Model):
    """An event as it came: stored before anything is done about it, processed once."""

    class State(models.TextChoices):
        RECEIVED = "received", "received"
        PROCESSED = "processed", "processed"
        FAILED = "failed", "failed"
        IGNORED = "ignored", "ignored"

    id = models.CharField(primary_key=True, max_length=255)
    type = models.CharField(max_length=100)
    payload = models.JSONField()
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    error = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    received_at = models.DateTimeField(auto_now_add=True, db_index=True)
    processed_at = models.DateTimeField(null=True, blank=True)
    # When the sweep takes it up, should nobody else have done so.
    retry_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(
                fields=["retry_at"],
                condition=Q(state__in=["received", "failed"]),
                name="event_to_process",
            )
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"

    @property
    def is_done(self) -> bool:
        return self.state in (self.State.PROCESSED, self.State.IGNORED)


class MeterEvent(models.Model):
    """One picture of a metered account: told to Stripe, once, when its job is completed."""

    class State(models.TextChoices):
        RESERVED = "reserved", "job not completed"
        DROPPED = "dropped", "job failed"
        PENDING = "pending", "pending"
        SENT = "sent", "sent"
        REFUSED = "refused", "refused"

    # Also the identifier by which Stripe drops a second one.
    job = models.UUIDField(primary_key=True)
    account = models.ForeignKey(
        CreditAccount, on_delete=models.PROTECT, related_name="meter_events"
    )
    event_name = models.CharField(max_length=100)
    happened_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=8, choices=State, default=State.RESERVED)
    attempts = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    retry_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["retry_at"], condition=Q(state="pending"), name="meter_to_send"),
            models.Index(fields=["account", "happened_at"], name="meter_by_account"),
        ]

    def __str__(self) -> str:
        return str(self.job)


class AutoTopUp(models.Model):
    """An account's wish to have a pack bought whenever the balance falls below a threshold."""

    account = models.OneToOneField(
        CreditAccount, on_delete=models.CASCADE, related_name="auto_top_up"
    )
    is_enabled = models.BooleanField(default=False)
    threshold = models.BigIntegerField("below (hundredths)", validators=[MinValueValidator(1)])
    pack = models.ForeignKey(CreditPack, on_delete=models.PROTECT)
    most_per_day = models.PositiveSmallIntegerField(default=1)
    # The pack's terms when its owner last said yes to them; unknown where an older release asked.
    agreed_minor = models.PositiveBigIntegerField("agreed price", null=True, blank=True)
    agreed_currency = models.CharField(max_length=3, blank=True, default="", db_default="")
    agreed_credits = models.BigIntegerField("agreed credits (hundredths)", null=True, blank=True)
    # That the terms became worse.
    told_dearer_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.account_id}: {'on' if self.is_enabled else 'off'}"

    @property
    def agreed_price(self) -> str:
        if self.agreed_minor is None:
            return ""
        return price_text(self.agreed_minor, self.agreed_currency)


class TopUpAttempt(models.Model):
    """One automatic charge of a saved card. An account has at most one that has not ended."""

    class State(models.TextChoices):
        PENDING = "pending", "waiting"
        CHARGING = "charging", "being charged"
        CHARGED = "charged", "charged, credits to come"
        SUCCEEDED = "succeeded", "succeeded"
        FAILED = "failed", "failed"

    UNCHARGED = (State.PENDING, State.CHARGING)
    OPEN = (*UNCHARGED, State.CHARGED)

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    account = models.ForeignKey(CreditAccount, on_delete=models.PROTECT, related_name="top_ups")
    purchase = models.OneToOneField(Purchase, on_delete=models.PROTECT, related_name="top_up")
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    # Until then whoever charges has it; later it counts as abandoned and is charged again, which
    # Stripe's idempotency makes the same charge.
    held_until = models.DateTimeField(default=timezone.now)
    # When it succeeded or failed; unknown of those that ended before this was noted.
    ended_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(state__in=["pending", "charging", "charged"]),
                name="one_open_top_up",
            )
        ]

    def __str__(self) -> str:
        return f"{self.id}: {self.state}"
