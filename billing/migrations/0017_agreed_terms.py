from django.db import migrations, models


def agree(apps, _schema_editor):
    """Those who turned top-ups on before this did so at a price that nobody noted: today's counts."""
    wishes = apps.get_model("billing", "AutoTopUp").objects.filter(agreed_minor=None)
    for wish in wishes.select_related("pack").iterator():
        wish.agreed_minor, wish.agreed_credits = wish.pack.price_minor, wish.pack.credits
        wish.agreed_currency = wish.pack.currency
        wish.save(update_fields=["agreed_minor", "agreed_currency", "agreed_credits"])


class Migration(migrations.Migration):
    dependencies = [("billing", "0016_one_page_at_a_time")]

    operations = [
        migrations.AddField(
            model_name="autotopup",
            name="agreed_minor",
            field=models.PositiveBigIntegerField(
                blank=True, null=True, verbose_name="agreed price"
            ),
        ),
        migrations.AddField(
            model_name="autotopup",
            name="agreed_currency",
            field=models.CharField(blank=True, db_default="", default="", max_length=3),
        ),
        migrations.AddField(
            model_name="autotopup",
            name="agreed_credits",
            field=models.BigIntegerField(
                blank=True, null=True, verbose_name="agreed credits (hundredths)"
            ),
        ),
        migrations.AddField(
            model_name="autotopup",
            name="told_dearer_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunPython(agree, migrations.RunPython.noop),
    ]
