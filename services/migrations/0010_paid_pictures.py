"""Pictures that cost something are counted apart; those before now all count as such that may be."""

from django.db import migrations, models


def _count(apps, _schema_editor):
    rows = apps.get_model("services", "UsageDay").objects.filter(credits__gt=0)
    rows.update(paid=models.F("jobs"))


class Migration(migrations.Migration):
    dependencies = [("services", "0009_order_of_a_request")]

    operations = [
        migrations.AddField(
            model_name="usageday",
            name="paid",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.RunPython(_count, migrations.RunPython.noop),
    ]
