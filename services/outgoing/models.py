"""Where to post, what happened, and how far each post got."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from services.outgoing.names import EventType


class WebhookEndpoint(models.Model):
    """An address of a customer's. Its secret is not here: services.outgoing.signing derives it."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="webhook_endpoints"
    )
    url = models.CharField("URL", max_length=2048)
    description = models.CharField(max_length=80, blank=True)
    events = models.JSONField(default=list)
    is_enabled = models.BooleanField("on", default=True)
    # What the owner calls this server: links in events begin with it where PUBLIC_URL is not set.
    site_url = models.CharField(max_length=300, blank=True, editable=False)
    secret_version = models.PositiveIntegerField(default=1, editable=False)
    # A rolled secret signs beside the new one until then.
    previous_secret_until = models.DateTimeField(null=True, blank=True, editable=False)
    # Since when nothing but failures came back.
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    disabled_because = models.CharField(max_length=200, blank=True, editable=False)
    is_mail_due = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = "webhook endpoint"
        indexes = [
            # Asked whenever a job ends: the few that listen, among all accounts.
            models.Index(fields=["owner"], condition=Q(is_enabled=True), name="endpoint_listening"),
            models.Index(
                fields=["id"], condition=Q(is_mail_due=True), name="endpoint_to_tell_about"
            ),
        ]

    def __str__(self) -> str:
        return self.description or self.url

    @property
    def state(self) -> str:
        """One word for the owner: on, failing, off, or disabled (by us)."""
        if not self.is_enabled:
            return "disabled" if self.disabled_because else "off"
        return "failing" if self.failing_since else "on"


class WebhookEvent(models.Model):
    """Something that happened to an account which listens. What it tells is looked up when sent."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="webhook_events"
    )
    type = models.CharField(max_length=40, choices=EventType)
    # The job or batch it is about; what else it tells stands in the payload.
    subject = models.UUIDField(null=True, blank=True)
    payload = models.JSONField(default=dict, blank=True)
    # What makes an event happen once: "job.completed:<job>".
    key = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "webhook event"
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="one_event_per_fact")]
        indexes = [models.Index(fields=["created_at"], name="event_by_age")]

    def __str__(self) -> str:
        return f"{self.type} {self.public_id}"

    @property
    def public_id(self) -> str:
        return f"evt_{self.id.hex}"


class WebhookDelivery(models.Model):
    """One event on its way to one endpoint."""

    class State(models.TextChoices):
        PENDING = "pending", "waiting"
        DELIVERED = "delivered", "delivered"
        GIVEN_UP = "given_up", "given up"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    event = models.ForeignKey(WebhookEvent, on_delete=models.CASCADE, related_name="deliveries")
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries"
    )
    state = models.CharField(max_length=9, choices=State, default=State.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    # When it is tried next. Whoever tries it moves this ahead first, so that nobody else does.
    next_at = models.DateTimeField(default=timezone.now)
    # [{"at": "…", "status": 500, "error": "…", "ms": 31}, …], the newest last.
    log = models.JSONField(default=list, blank=True)
    last_status = models.PositiveSmallIntegerField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "webhook delivery"
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(fields=["event", "endpoint"], name="one_delivery_per_endpoint")
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state="pending"), name="delivery_to_try"),
            models.Index(F("endpoint"), F("created_at").desc(), name="delivery_by_endpoint"),
            models.Index(F("created_at").desc(), name="delivery_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.endpoint}"

    @property
    def version(self) -> str:
        """Another one after every attempt, and whenever somebody has it sent again."""
        return self.next_at.isoformat()
