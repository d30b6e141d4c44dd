from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0015_forget_documents")]

    operations = [
        migrations.AddField(
            model_name="stripecustomer",
            name="page_opening_until",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
