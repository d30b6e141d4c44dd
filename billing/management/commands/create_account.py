"""Creates an account with an API key and credits, and shows the key: the only time it can."""

import json
import secrets
from argparse import ArgumentParser
from decimal import Decimal, InvalidOperation
from typing import Any

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts import keys
from accounts.models import User
from billing import credits
from billing.amounts import to_hundredths, to_number
from billing.fields import MOST_DIGITS


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--password", help="default: a random one, shown once")
        parser.add_argument("--credits", default="0", help="credits to grant, e.g. 100 or 2.5")
        parser.add_argument("--staff", action="store_true", help="may open the admin")
        parser.add_argument(
            "--unlimited", action="store_true", help="no rate limit, for load tests and benchmarks"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_args: Any, **options: Any) -> None:
        account = self._create(options)
        if options["json"]:
            self.stdout.write(json.dumps(account))
        else:
            for name, value in account.items():
                self.stdout.write(f"{name:9} {value}")

    @transaction.atomic
    def _create(self, options: dict[str, Any]) -> dict[str, Any]:
        email = _checked_email(options["email"])
        amount = _checked_amount(options["credits"])
        password = options["password"] or secrets.token_urlsafe(12)
        user = User.objects.create_user(
            email,
            password,
            is_staff=options["staff"],
            is_superuser=options["staff"],
            rate_factor=0 if options["unlimited"] else 1,
        )
        # The operator vouches for the address: log-in must not wait for a confirmation mail.
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        _key, plaintext = keys.create(user, "First key")
        if amount:
            credits.grant(user, amount, reason="Granted when the account was created")
        return {
            "email": user.email,
            "password": password,
            "api_key": plaintext,
            "credits": to_number(credits.balance(user)),
        }


def _checked_email(email: str) -> str:
    try:
        User._meta.get_field("email").clean(email, None)
    except ValidationError as error:
        raise CommandError(f"{email!r} is not an email address.") from error
    is_taken = User.objects.filter(email__iexact=email).exists()
    # Somebody may have confirmed it as a second address.
    if is_taken or EmailAddress.objects.filter(email__iexact=email).exists():
        raise CommandError(f"There is already an account for {email}.")
    return email


def _checked_amount(text: str) -> int:
    try:
        amount = to_hundredths(Decimal(text))
    except (InvalidOperation, ValueError) as error:
        raise CommandError(f"--credits {text!r} is not a number of credits.") from error
    if amount < 0:
        raise CommandError("--credits cannot be negative.")
    if len(str(amount)) > MOST_DIGITS:
        raise CommandError(f"--credits {text} is more than an account can have.")
    return amount
