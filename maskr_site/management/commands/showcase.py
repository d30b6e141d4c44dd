"""Draws the studio's samples and makes the example of the front page with the installed networks.

Once each; --again makes the example anew.
"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inference.errors import InferenceError
from maskr_site.landing import showcase
from services.engines import engines
from services.studio import samples


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--again", action="store_true", help="also where there is one")

    def handle(self, *_args: Any, **options: Any) -> None:
        samples.keep()
        if showcase.is_made() and not options["again"]:
            self.stdout.write("The front page has its example.")
            return
        try:
            showcase.make(engines())
        except InferenceError as error:
            raise CommandError(f"The example cannot be made: {error}") from error
        self.stdout.write("The front page shows a new example.")
