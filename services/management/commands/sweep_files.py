"""Deletes files that no row names and marks rows whose files are gone; --dry-run only tells.

Where most would go it changes nothing: the storage or the database is a wrong one then.
"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from services.retention import strays


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="change nothing")
        parser.add_argument(
            "--even-if-most-are-missing",
            action="store_true",
            help="for storage or a database that has lost most of it for good",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        found = strays.find() if options["dry_run"] else self._sweep(**options)
        for name in found.files:
            self.stdout.write(f"no row: {name}")
        for job in found.jobs:
            self.stdout.write(f"no file: job {job}")
        for sample in found.samples:
            self.stdout.write(f"no file: training sample {sample}")
        done = "found" if options["dry_run"] else "swept"
        count = len(found.files) + len(found.jobs) + len(found.samples)
        self.stdout.write(f"{done} {count}")

    def _sweep(self, *, even_if_most_are_missing: bool, **_options: Any) -> strays.Strays:
        try:
            return strays.sweep(even_if_most_are_missing=even_if_most_are_missing)
        except strays.MostAreMissing as error:
            raise CommandError(
                f"Nothing was swept: {error}. Are STORAGE_URL and DATABASE_URL right, and is the "
                "volume mounted? If all this is gone for good: --even-if-most-are-missing."
            ) from error
