"""Proves the books: balances, debts, purchases, jobs, usage told; exit status 1 if any law fails."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from billing.amounts import to_text
from billing.audit import discrepancies
from billing.models import CreditAccount


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_args: Any, **options: Any) -> None:
        found = discrepancies()
        accounts = CreditAccount.objects.count()
        # Nothing of these could be wrong but the balance: whoever reads the sum should know.
        empty = CreditAccount.objects.filter(entries=None).count()
        if options["json"]:
            rows = [asdict(row) for row in found]
            told = {"accounts": accounts, "without_entries": empty, "discrepancies": rows}
            self.stdout.write(json.dumps(told))
        else:
            for row in found:
                self.stdout.write(
                    f"{row.law}: {row.subject} has {to_text(row.found)}, "
                    f"not {to_text(row.expected)}"
                )
            self.stdout.write(
                f"{accounts - empty} accounts with entries, {empty} without, "
                f"{len(found)} discrepancies"
            )
        if found:
            sys.exit(1)
