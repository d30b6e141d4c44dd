"""Fetches Stripe's events since a moment and processes those that are not known; status 1 if any is in trouble.

For a database that was restored from a backup, before anybody is served by it, and for an endpoint that was
away for longer than Stripe tries. Stripe keeps events for thirty days.
"""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from billing import replay
from billing.errors import PaymentError


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "since",
            type=_moment,
            help="such as 2026-11-20T03:00Z; without a zone it is this server's",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            done = replay.run(options["since"])
        except PaymentError as error:
            raise CommandError(str(error)) from error
        for event in done.troubled:
            self.stdout.write(f"{event}: see Stripe events in the admin")
        self.stdout.write(
            f"{done.fetched} events, {done.processed} processed now, {len(done.troubled)} in trouble"
        )
        if done.troubled:
            sys.exit(1)


def _moment(text: str) -> datetime:
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise ArgumentTypeError(f"{text!r} is no moment; such as 2026-11-20T03:00Z")
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment
