"""The founding prices as rows to edit, and on PostgreSQL a trigger that keeps the ledger append-only."""

from django.db import migrations

PRICES = {"background-removal": 300, "object-extraction": 200, "object-removal": 300}

GUARD = """
CREATE FUNCTION billing_ledger_is_append_only() RETURNS trigger AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.amount <> OLD.amount OR NEW.balance_after <> OLD.balance_after
       OR NEW.account_id <> OLD.account_id OR NEW.kind <> OLD.kind OR NEW.key <> OLD.key THEN
        RAISE EXCEPTION 'ledger entries are never changed or deleted';
    END IF;
    RETURN NEW;
END $$ LANGUAGE plpgsql;
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE ON billing_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION billing_ledger_is_append_only();
"""
UNGUARD = """
DROP TRIGGER ledger_append_only ON billing_ledgerentry;
DROP FUNCTION billing_ledger_is_append_only();
"""


def add_prices(apps, _schema_editor):
    for service, hundredths in PRICES.items():
        apps.get_model("billing", "ServicePrice").objects.get_or_create(
            service=service, defaults={"hundredths": hundredths}
        )


def run_on_postgresql(sql):
    def run(_apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql)

    return run


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]

    operations = [
        migrations.RunPython(add_prices, migrations.RunPython.noop),
        migrations.RunPython(run_on_postgresql(GUARD), run_on_postgresql(UNGUARD)),
    ]
