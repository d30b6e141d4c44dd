"""What docs/upgrades.md allows: a column with a database default, on a large table."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("services", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE services_job ADD COLUMN of_next varchar(10) DEFAULT '' NOT NULL",
            "ALTER TABLE services_job DROP COLUMN of_next",
        )
    ]
