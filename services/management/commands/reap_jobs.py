"""One sweep: takes back the jobs of dead workers, resends lost ones.

It gives up none for want of a worker: at one look it cannot know since when there has been none.
"""

from typing import Any

from django.core.management.base import BaseCommand

from services import reaper


class Command(BaseCommand):
    help = __doc__

    def handle(self, *_args: Any, **_options: Any) -> None:
        for name, count in reaper.sweep().items():
            self.stdout.write(f"{name} {count}")
