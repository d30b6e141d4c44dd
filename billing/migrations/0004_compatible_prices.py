"""The prices of the compatible APIs as rows to edit."""

from django.db import migrations

PRICES = {
    "backgrounderase": 100,
    "clipdrop": 100,
    "clipdrop:cleanup": 100,
    "photoroom": 100,
    "picsart": 100,
    "poof": 100,
    "removebg": 100,
    "removebg:preview": 25,
    "slazzer": 100,
    "slazzer:preview": 25,
}


def add_prices(apps, _schema_editor):
    for service, hundredths in PRICES.items():
        apps.get_model("billing", "ServicePrice").objects.get_or_create(
            service=service, defaults={"hundredths": hundredths}
        )


class Migration(migrations.Migration):
    dependencies = [("billing", "0003_segmentation_price")]

    operations = [migrations.RunPython(add_prices, migrations.RunPython.noop)]
