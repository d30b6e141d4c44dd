"""A default of the database's own: of the release before, each web machine goes on telling it its time."""

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("services", "0011_failing_no_more")]

    operations = [
        migrations.AlterField(
            model_name="job",
            name="created_at",
            field=models.DateTimeField(db_default=Now(), db_index=True),
        )
    ]
