"""On PostgreSQL a trigger that keeps the entries of debts append-only, like the ledger's."""

from django.db import migrations

GUARD = """
CREATE FUNCTION billing_debts_are_append_only() RETURNS trigger AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.amount <> OLD.amount OR NEW.debt_after <> OLD.debt_after
       OR NEW.account_id <> OLD.account_id OR NEW.key <> OLD.key THEN
        RAISE EXCEPTION 'debt entries are never changed or deleted';
    END IF;
    RETURN NEW;
END $$ LANGUAGE plpgsql;
CREATE TRIGGER debts_append_only BEFORE UPDATE OR DELETE ON billing_debtentry
    FOR EACH ROW EXECUTE FUNCTION billing_debts_are_append_only();
"""
UNGUARD = """
DROP TRIGGER debts_append_only ON billing_debtentry;
DROP FUNCTION billing_debts_are_append_only();
"""


def run_on_postgresql(sql):
    def run(_apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql)

    return run


class Migration(migrations.Migration):
    dependencies = [("billing", "0005_payments")]

    operations = [migrations.RunPython(run_on_postgresql(GUARD), run_on_postgresql(UNGUARD))]
