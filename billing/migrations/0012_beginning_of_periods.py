from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0011_end_of_top_ups")]

    operations = [
        migrations.AddField(
            model_name="subscription",
            name="period_began_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
