"""What the site itself remembers: how its parts were, by day."""

from django.db import models


class PartDay(models.Model):
    """The checks of one part on one day (UTC). Written by maskr_site.status.recording alone."""

    part = models.CharField(max_length=20)
    day = models.DateField()
    ok = models.PositiveIntegerField("good checks", default=0)
    failed = models.PositiveIntegerField("failed checks", default=0)
    worst_ms = models.PositiveIntegerField("slowest check (ms)", default=0)
    # The last check: what it found and when, which also says whose turn the next one is.
    is_ok = models.BooleanField()
    checked_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["part", "day"], name="one_row_a_part_a_day")]
        indexes = [models.Index(fields=["day"], name="parts_by_day")]

    def __str__(self) -> str:
        return f"{self.part} {self.day}"
