import re

from django.db import migrations

# What the history told of a new account until the form's passwords were left out of it.
_TOLD = re.compile(r"; Password: .*; Password confirmation: .*\. Reason: ", re.DOTALL)


def forget(apps, _schema_editor):
    lines = apps.get_model("admin", "LogEntry").objects
    for line in lines.filter(change_message__contains="; Password confirmation: ").iterator():
        line.change_message = _TOLD.sub(". Reason: ", line.change_message)
        line.save(update_fields=["change_message"])


class Migration(migrations.Migration):
    """Passwords of accounts that staff added stood in the admin's history, in plain text."""

    dependencies = [
        ("accounts", "0003_erasure_and_notices"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]

    operations = [migrations.RunPython(forget, migrations.RunPython.noop)]
