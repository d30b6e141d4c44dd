from django.db import migrations, models

from accounts.indexes import AddIndexQuietly


class Migration(migrations.Migration):
    atomic = False  # PostgreSQL builds an index beside writers only outside of a transaction

    dependencies = [("billing", "0012_beginning_of_periods")]

    operations = [
        AddIndexQuietly(
            model_name="meterevent",
            index=models.Index(fields=["account", "happened_at"], name="meter_by_account"),
        ),
    ]
