"""The price of image segmentation as a row to edit."""

from django.db import migrations


def add_price(apps, _schema_editor):
    apps.get_model("billing", "ServicePrice").objects.get_or_create(
        service="image-segmentation", defaults={"hundredths": 100}
    )


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_prices_and_guard")]

    operations = [migrations.RunPython(add_price, migrations.RunPython.noop)]
