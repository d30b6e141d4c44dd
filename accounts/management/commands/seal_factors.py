"""Encrypts the secrets of second factors with the first of MASKR_FACTOR_KEYS; safe while serving."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts import sealing


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--undo",
            action="store_true",
            help="write them as they are, before going back a release",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["undo"]:
            self.stdout.write(f"{sealing.open_all()} second factors are written as they are.")
            return
        if not settings.FACTOR_KEYS:
            raise CommandError("MASKR_FACTOR_KEYS is not set.")
        self.stdout.write(f"{sealing.seal_all()} second factors are sealed anew.")
