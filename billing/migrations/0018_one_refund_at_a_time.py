from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0017_agreed_terms")]

    operations = [
        migrations.AddField(
            model_name="purchase",
            name="expired_later",
            field=models.JSONField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="purchase",
            name="refunding_until",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
