"""One sweep: takes back the jobs of dead workers, resends lost ones, releases credits."""

from typing import Any

from django.core.management.base import BaseCommand

from services import reaper


class Command(BaseCommand):
    help = __doc__

    def handle(self, *_args: Any, **_options: Any) -> None:
        for name, count in reaper.sweep().items():
            self.stdout.write(f"{name} {count}")
