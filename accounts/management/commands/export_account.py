"""Writes everything that is held about an account into a ZIP, readable by its owner alone."""

import os
from argparse import ArgumentParser
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
        try:
            # Never over another file, and not for others to read.
            handle = os.open(options["file"], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}.") from error
        with open(handle, "wb") as file:
            erasure.write_archive(user, file)
        self.stdout.write(f"Exported {user.email} to {options['file']}.")
