from django.db import migrations


def forget(apps, _schema_editor):
    """Those of accounts that were erased before this: the pages behind the links name a person."""
    erased = apps.get_model("accounts", "User").objects.filter(erased_at__isnull=False)
    purchases = apps.get_model("billing", "Purchase").objects.filter(account__user__in=erased)
    purchases.update(invoice_url="", receipt_url="")


class Migration(migrations.Migration):
    dependencies = [("billing", "0014_expired_credits")]

    operations = [migrations.RunPython(forget, migrations.RunPython.noop)]
