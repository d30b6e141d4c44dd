from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0010_sums_by_month")]

    operations = [
        migrations.AddField(
            model_name="topupattempt",
            name="ended_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
