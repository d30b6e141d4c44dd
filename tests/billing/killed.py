"""A program of its own: deliver one event, killed before its n-th statement, then deliver it again.

    python -m tests.billing.killed      on the database of DATABASE_URL, which it may fill

For every n until a delivery gets through, a child process is killed with SIGKILL at that point.
Prints a JSON list: at which statement, whether the event was stored by then, the balance at last.
"""

import json
import os
import signal

import django
from django.db import connection


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from tests.billing import told

    settings.STRIPE_WEBHOOK_SECRETS = [told.SECRET]
    call_command("migrate", verbosity=0)
    results: list[dict[str, object]] = []
    number = 0
    while not results or results[-1]["was_killed"]:
        number += 1
        results.append(one_death(number))
    print(json.dumps(results))


def one_death(number: int) -> dict[str, object]:
    from accounts.models import User
    from billing import credits
    from billing.models import CreditPack, StripeEvent
    from tests.billing import told
    from tests.billing.conftest import new_purchase

    user = User.objects.create(email=f"{number}@example.com")
    pack = CreditPack.objects.create(name="Pack", credits=100, price_minor=100)
    event = told.completed(new_purchase(user, pack))
    was_killed = killed_at(number, event)
    was_stored = StripeEvent.objects.filter(pk=event["id"]).exists()
    status = deliver(event)
    return {
        "was_killed": was_killed,
        "was_stored": was_stored,
        "status": status,
        "balance": credits.balance(user),
    }


def killed_at(number: int, event: dict[str, object]) -> bool:
    """Whether the child died by the signal, rather than of having delivered."""
    connection.close()
    if connection.vendor == "postgresql":
        # Its sockets must not be shared with the child.
        connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's alone
    if child := os.fork():
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])
    left = number

    def die_in_time(execute, sql, params, many, context):
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(die_in_time):
        deliver(event)
    os._exit(0)


def deliver(event: dict[str, object]) -> int:
    from django.test import Client

    from tests.billing import told

    return told.deliver(Client(SERVER_NAME="localhost"), event).status_code


if __name__ == "__main__":
    main()
