"""What docs/upgrades.md allows: an index that is made beside the writers."""

from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("next_release", "0001_additions")]
    operations = [
        migrations.RunSQL(
            "CREATE INDEX CONCURRENTLY of_next ON services_job (of_next)",
            "DROP INDEX CONCURRENTLY of_next",
        )
    ]
