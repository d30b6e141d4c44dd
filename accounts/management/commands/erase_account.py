"""Forgets an account for good; what the books need stays, under no name. Asks unless --yes is given."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import erasure
from accounts.models import User


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *_args: Any, **options: Any) -> None:
        email = options["email"].lower()
        user = User.objects.filter(email=email).first()
        if user is None:
            raise CommandError(f"There is no account {email}.")
        if not options["yes"] and not _is_confirmed(email):
            raise CommandError("Nothing was erased.")
        try:
            erasure.erase(user)
        except erasure.CannotErase as error:
            raise CommandError(f"Nothing was erased. {error}") from error
        self.stdout.write(f"Erased {email}; the books know it as account {user.pk}.")


def _is_confirmed(email: str) -> bool:
    try:
        return input(f"Type {email} to erase it for good: ") == email
    except EOFError as error:
        raise CommandError("Nobody can be asked here: give --yes to erase it.") from error
