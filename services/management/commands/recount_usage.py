"""Counts the usage figures of every account anew from the jobs."""

from typing import Any

from django.core.management.base import BaseCommand

from services import usage


class Command(BaseCommand):
    help = __doc__

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(f"{usage.recount()} rows of usage")
