"""Deletes every upload and result past its retention time."""

from typing import Any

from django.core.management.base import BaseCommand

from services import files


class Command(BaseCommand):
    help = __doc__

    def handle(self, *_args: Any, **_options: Any) -> None:
        total = 0
        while count := files.purge_expired():
            total += count
        self.stdout.write(f"purged {total}")
