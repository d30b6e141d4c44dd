from django.conf import settings
from django.db import migrations, models

import billing.calendar
from accounts.indexes import AddIndexQuietly


class Migration(migrations.Migration):
    atomic = False  # PostgreSQL builds an index beside writers only outside of a transaction

    dependencies = [
        ("accounts", "0004_forget_told_passwords"),
        ("billing", "0009_entries_name_services"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexQuietly(
            model_name="ledgerentry",
            index=models.Index(
                models.F("account"),
                billing.calendar.MonthOf("created_at"),
                models.F("kind"),
                models.F("service"),
                models.F("created_at"),
                models.F("amount"),
                condition=models.Q(("amount", 0), _negated=True),
                name="ledger_by_month",
            ),
        ),
    ]
