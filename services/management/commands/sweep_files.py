"""Deletes files that no row names and marks rows whose files are gone; --dry-run only tells."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from services.retention import strays


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="change nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        found = strays.find() if options["dry_run"] else strays.sweep()
        for name in found.files:
            self.stdout.write(f"no row: {name}")
        for job in found.jobs:
            self.stdout.write(f"no file: job {job}")
        for sample in found.samples:
            self.stdout.write(f"no file: training sample {sample}")
        done = "found" if options["dry_run"] else "swept"
        count = len(found.files) + len(found.jobs) + len(found.samples)
        self.stdout.write(f"{done} {count}")
