"""Tells the ledger entries of earlier jobs what they were for."""

from django.db import migrations
from django.db.models import OuterRef, Subquery

AT_ONCE = 1000


def name_services(apps, _schema_editor):
    entries = apps.get_model("billing", "LedgerEntry").objects
    jobs = apps.get_model("services", "Job").objects
    nameless = entries.filter(job__isnull=False, service="", job__in=jobs.values("pk"))
    service = jobs.filter(pk=OuterRef("job")).values("service")
    while some := list(nameless.values_list("pk", flat=True)[:AT_ONCE]):
        entries.filter(pk__in=some).update(service=Subquery(service))


class Migration(migrations.Migration):
    dependencies = [
        ("services", "0006_webhooks"),
        ("billing", "0009_entries_name_services"),
    ]

    operations = [migrations.RunPython(name_services, migrations.RunPython.noop, elidable=True)]
