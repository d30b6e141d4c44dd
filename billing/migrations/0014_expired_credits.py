from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0013_usage_of_a_period")]

    operations = [
        migrations.AddField(
            model_name="purchase",
            name="expired",
            field=models.BigIntegerField(
                db_default=0, default=0, verbose_name="expired (hundredths)"
            ),
        ),
        migrations.AddField(
            model_name="purchase",
            name="taken_by_then",
            field=models.BigIntegerField(
                db_default=0,
                default=0,
                verbose_name="taken back before they expired (hundredths)",
            ),
        ),
    ]
