"""The rows that are the truth about work: jobs, batches, idempotency keys, workers alive.

Only services.jobs writes Job.state.
"""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import ApiKey
from services.outgoing.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from services.retention.models import Chore, TrainingConsent, TrainingSample

__all__ = [
    "Batch",
    "Chore",
    "IdempotentRequest",
    "Job",
    "LiveWorker",
    "TrainingConsent",
    "TrainingSample",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookEvent",
]


class Batch(models.Model):
    """Several jobs from one request. Items refused for credits have no job, only a count."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="batches"
    )
    service = models.CharField(max_length=40)
    total_files = models.PositiveSmallIntegerField()
    # [{"index": 3, "filename": "x.jpg", "error": "Insufficient credits"}, …]
    refused = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "batches"
        indexes = [
            models.Index(fields=["-created_at"], name="batch_by_time"),
            models.Index(fields=["owner", "-created_at"], name="batch_by_owner"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Job(models.Model):
    """One picture to be worked on; its state says what was promised, charged and delivered."""

    class State(models.TextChoices):
        PENDING = "pending", "pending"
        PROCESSING = "processing", "processing"
        COMPLETED = "completed", "completed"
        FAILED = "failed", "failed"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    # Without an index of its own: the one of the history begins with it.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="jobs", db_index=False
    )
    api_key = models.ForeignKey(ApiKey, null=True, blank=True, on_delete=models.SET_NULL)
    batch = models.ForeignKey(
        Batch, null=True, blank=True, on_delete=models.CASCADE, related_name="jobs"
    )
    batch_index = models.PositiveSmallIntegerField(default=0)
    service = models.CharField(max_length=40)
    operation = models.JSONField()
    # Under which name the prices list it, where that is not the service.
    priced_as = models.CharField(max_length=40, blank=True)
    request_id = models.CharField(max_length=80, blank=True)

    state = models.CharField(max_length=12, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    # Who holds the job now: a worker whose token or lease is gone may no longer settle it. The end
    # of a waiting job's lease is when workers look at it again, after one too old put it aside.
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    price = models.PositiveIntegerField("price (hundredths)")
    charged = models.PositiveIntegerField("charged (hundredths)", default=0)
    error = models.CharField(max_length=300, blank=True)
    error_code = models.CharField(max_length=40, blank=True)

    input_filename = models.CharField(max_length=255, blank=True)
    input_name = models.CharField(max_length=200)
    # The second upload of an order, whatever its operation calls it: a mask or a background.
    companion_name = models.CharField(max_length=200, blank=True)
    result_name = models.CharField(max_length=200, blank=True)
    result_bytes = models.PositiveBigIntegerField(default=0)
    result_sha256 = models.CharField(max_length=64, blank=True)
    result_extension = models.CharField(max_length=8, blank=True)
    original_width = models.PositiveIntegerField(null=True, blank=True)
    original_height = models.PositiveIntegerField(null=True, blank=True)
    output_width = models.PositiveIntegerField(null=True, blank=True)
    output_height = models.PositiveIntegerField(null=True, blank=True)
    # What else the dialects tell of a result, such as where in it the subject lies.
    details = models.JSONField(default=dict, blank=True)
    engine = models.CharField(max_length=40, blank=True)
    # Milliseconds by stage: decode, queue, network, encode, …
    timings = models.JSONField(default=dict, blank=True)
    processing_time_ms = models.FloatField(null=True, blank=True)

    # By the database's clock, as all times that are compared: of web machines each has its own.
    created_at = models.DateTimeField(db_default=Now(), db_index=True)
    # Of the last message sent for it; an old one on a pending job means that it was lost.
    enqueued_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # When the files go; set when the job ends, emptied file names say that they went.
    purge_at = models.DateTimeField(null=True, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        permissions = [
            ("refund_job", "Can return the credits of a job"),
            ("refund_job_without_limit", "Can return any number of credits a day"),
            ("retry_job", "Can place a failed job anew"),
            ("cancel_job", "Can cancel a waiting job"),
        ]
        indexes = [
            # All that the history filters by, so that it reads rows of one page only.
            models.Index(
                fields=["owner", "-created_at", "-id", "state", "service", "api_key"],
                name="job_history",
            ),
            models.Index(
                fields=["request_id", "owner", "-created_at", "-id"], name="job_by_request"
            ),
            # The admin's filters, over all accounts.
            models.Index(fields=["service", "-created_at"], name="job_by_service"),
            models.Index(fields=["engine", "-created_at"], name="job_by_engine"),
            models.Index(fields=["-created_at"], condition=Q(state="failed"), name="job_failed"),
            # The sweeps look only at unfinished rows, few among millions.
            models.Index(
                fields=["state", "lease_until"],
                condition=Q(state__in=["pending", "processing"]),
                name="job_unfinished",
            ),
            models.Index(
                fields=["purge_at"], condition=Q(purged_at__isnull=True), name="job_to_purge"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def has_ended(self) -> bool:
        return self.state in (self.State.COMPLETED, self.State.FAILED)

    @property
    def file_names(self) -> list[str]:
        """What it has in storage: uploads and result."""
        return [name for name in (self.input_name, self.companion_name, self.result_name) if name]


class UsageDay(models.Model):
    """How many jobs of an account ended on a day, of one service and about as quick as each other.

    Only services.usage writes here.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="usage", db_index=False
    )
    day = models.DateField()
    service = models.CharField(max_length=40)
    # 0 for failed jobs; for others, how long they took, on the scale of services.usage.
    bucket = models.PositiveSmallIntegerField()
    jobs = models.PositiveIntegerField(default=0)
    # Those of them that cost something: none of test keys. The default is the database's for the
    # release before, which knows no such column.
    paid = models.PositiveIntegerField(default=0, db_default=0)
    credits = models.PositiveBigIntegerField("credits (hundredths)", default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "day", "service", "bucket"], name="usage_counted_once"
            )
        ]
        indexes = [models.Index(fields=["day"], name="usage_by_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.service}: {self.jobs}"


class IdempotentRequest(models.Model):
    """The first request under an Idempotency-Key: what it asked, and what it was answered."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    # Set with the job or batch itself, so that a crash before the answer still finds the work.
    work = models.UUIDField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.TextField(default="")
    # While no work and no answer is there, the running request holds the key until then.
    held_until = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="one_request_per_key")]


class LiveWorker(models.Model):
    """A worker process seen lately, and what its engines can do."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    engines = models.JSONField(default=dict)
    started_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(db_index=True)
