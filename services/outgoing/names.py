"""The events there are, by the names that customers choose and read."""

from django.db import models


class EventType(models.TextChoices):
    JOB_COMPLETED = "job.completed", "A picture is done"
    JOB_FAILED = "job.failed", "A picture could not be done"
    BATCH_COMPLETED = "batch.completed", "Every picture of a batch has ended"
    BALANCE_LOW = "balance.low", "The credits fell below the threshold"
    TEST = "webhook.test", "A test from the webhooks page"


#: What an endpoint may ask for; a test is sent to whichever endpoint it was asked for.
CHOOSABLE = [event for event in EventType if event != EventType.TEST]
