"""Writes everything that is held about an account into a ZIP, readable by its owner alone."""

import os
from argparse import ArgumentParser
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import erasure
from accounts.models import User


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("file", help="must not exist yet")

    def handle(self, *_args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].lower()).first()
        if user is None:
            raise CommandError(f"There is no account {options['email']}.")
        path = Path(options["file"])
        if path.exists():
            raise CommandError(f"{path}: File exists.")
        try:
            # Beside it, for nobody else to read, and gone if it does not come to its end.
            with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.") as draft:
                erasure.write_archive(user, draft)
                draft.flush()
                os.link(draft.name, path)  # unlike a renaming, never over another file
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}.") from error
        self.stdout.write(f"Exported {user.email} to {path}.")
