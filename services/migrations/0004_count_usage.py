"""Counts the jobs that ended before there were rows of usage, as services.usage does since."""

import math
from collections import Counter
from datetime import UTC

from django.db import migrations


def _count(apps, _schema_editor):
    job, usage_day = apps.get_model("services", "Job"), apps.get_model("services", "UsageDay")
    jobs, credits = Counter(), Counter()
    ended = job.objects.filter(ended_at__isnull=False).values_list(
        "owner_id", "service", "state", "charged", "created_at", "ended_at"
    )
    for owner, service, state, charged, created_at, ended_at in ended.iterator(1000):
        took_ms = max(1.0, (ended_at - created_at).total_seconds() * 1000)
        bucket = 0 if state == "failed" else min(80, 1 + math.floor(math.log2(took_ms) * 4))
        place = owner, ended_at.astimezone(UTC).date(), service, bucket
        jobs[place] += 1
        credits[place] += charged
    names = ("owner_id", "day", "service", "bucket")
    usage_day.objects.bulk_create(
        (
            usage_day(**dict(zip(names, place, strict=True)), jobs=count, credits=credits[place])
            for place, count in jobs.items()
        ),
        batch_size=1000,
    )


class Migration(migrations.Migration):
    dependencies = [("services", "0003_usage")]

    operations = [migrations.RunPython(_count, migrations.RunPython.noop)]
