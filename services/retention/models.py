"""Consent to training, what was archived under it, and when each chore is due."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class TrainingConsent(models.Model):
    """That an account allowed its pictures to be kept, from when until when. Kept as a proof."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="training_consents"
    )
    given_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner"], condition=Q(withdrawn_at=None), name="one_open_consent"
            )
        ]

    def __str__(self) -> str:
        return f"{self.owner_id}: {self.given_at:%Y-%m-%d}"


class TrainingSample(models.Model):
    """One archived picture with its result. It names no person, no file and no address."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    # Whose consent it lies here by: withdrawn, the sample goes.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="training_samples"
    )
    # The job it comes from, so that it is archived once.
    source = models.UUIDField(unique=True)
    consented_at = models.DateTimeField()
    archived_at = models.DateTimeField(default=timezone.now)
    service = models.CharField(max_length=40)
    operation = models.JSONField()
    engine = models.CharField(max_length=40, blank=True)
    input_name = models.CharField(max_length=200)
    companion_name = models.CharField(max_length=200, blank=True)
    result_name = models.CharField(max_length=200)

    def __str__(self) -> str:
        return str(self.id)

    @property
    def file_names(self) -> list[str]:
        return [name for name in (self.input_name, self.companion_name, self.result_name) if name]


class Chore(models.Model):
    """When something that is done now and then is due next, whichever process does it."""

    name = models.CharField(primary_key=True, max_length=40)
    due_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
