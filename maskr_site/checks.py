"""System checks for settings that are each fine and together are not."""

import os
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from accounts.partners import public_key
from services.workers import HEARTBEAT_S

#: A job whose worker died waits for the end of its lease, and its customer with it.
_LONGEST_LEASE_S = 600
#: A picture that takes workers down does so each time; and the column holds no more than a small number.
_MOST_ATTEMPTS = 20


@register
def check_settings(**_kwargs: Any) -> list[CheckMessage]:
    return [
        *_embedded(),
        *_broker(),
        *_shared_secrets(),
        *_choices(),
        *_lease(),
        *_attempts(),
        *_payments(),
        *_leak_partners(),
    ]


def _embedded() -> list[CheckMessage]:
    """SQLite's file locks do not reach across machines, nor does a queue in memory."""
    on_sqlite = "sqlite3" in settings.DATABASES["default"]["ENGINE"]
    if on_sqlite and not settings.EMBEDDED:
        return [
            Warning(
                "BROKER_URL names a server while DATABASE_URL is SQLite: several processes will "
                "wait for each other's writes.",
                hint="Set DATABASE_URL=postgres://…",
                id="maskr.W001",
            )
        ]
    return []


def _broker() -> list[CheckMessage]:
    """RabbitMQ carries messages only; counters of each process alone would multiply every limit."""
    if not settings.BROKER_URL.startswith("amqp") or settings.REDIS_URL:
        return []
    return [
        Error(
            "BROKER_URL names RabbitMQ and MASKR_REDIS_URL is not set: rate limits and wake-ups "
            "need a Redis that all processes share.",
            hint="Set MASKR_REDIS_URL=redis://host:6379/1",
            id="maskr.E004",
        )
    ]


def _shared_secrets() -> list[CheckMessage]:
    if settings.EMBEDDED:
        return []
    missing = [
        name
        for name in (
            "SECRET_KEY",
            "MASKR_KEY_PEPPER",
            "MASKR_SIGNING_KEYS",
            "MASKR_WEBHOOK_KEYS",
        )
        if not _is_set(name)
    ]
    return [
        Warning(
            f"{name} is not set, so this machine made one of its own; others would not share it.",
            hint=f"Set {name} (or {name}_FILE) to the same value on every machine.",
            id="maskr.W002",
        )
        for name in missing
    ] + _unsealed()


def _unsealed() -> list[CheckMessage]:
    if _is_set("MASKR_FACTOR_KEYS"):
        return []
    return [
        Warning(
            "MASKR_FACTOR_KEYS is not set: new secrets of second factors lie in the database as they "
            "are, or sealed by a key that only this machine has.",
            hint="Set MASKR_FACTOR_KEYS (or MASKR_FACTOR_KEYS_FILE) to the same value on every machine.",
            id="maskr.W002",
        )
    ]


def _is_set(name: str) -> bool:
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


@register(deploy=True)
def check_staff(**_kwargs: Any) -> list[CheckMessage]:
    """A staff password opens every account: in production it should not be enough."""
    if settings.STAFF_MFA:
        return []
    return [
        Warning(
            "The admin opens with a password alone.",
            hint="Set MASKR_STAFF_MFA=true once the staff have set up a second factor.",
            id="maskr.W010",
        )
    ]


def _choices() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.QUALITY not in ("fast", "best", "auto"):
        found.append(Error("MASKR_QUALITY must be fast, best or auto.", id="maskr.E001"))
    if settings.PRECISION not in ("auto", "fp32", "bf16", "int8"):
        found.append(Error("MASKR_PRECISION must be auto, fp32, bf16 or int8.", id="maskr.E002"))
    return found


def _lease() -> list[CheckMessage]:
    """One that ends between two renewals gives a living worker's job to another, again and again."""
    if HEARTBEAT_S < settings.LEASE_S <= _LONGEST_LEASE_S:
        return []
    return [
        Error(
            f"MASKR_LEASE_SECONDS must be more than {HEARTBEAT_S:g}, as a worker renews its leases every "
            f"{HEARTBEAT_S:g} s, and at most {_LONGEST_LEASE_S}, as the jobs of one that died wait so long.",
            id="maskr.E006",
        )
    ]


def _attempts() -> list[CheckMessage]:
    """None at all is refused where the setting is read."""
    if settings.MAX_ATTEMPTS <= _MOST_ATTEMPTS:
        return []
    return [
        Error(
            f"MASKR_MAX_ATTEMPTS must be at most {_MOST_ATTEMPTS}, as a picture that takes workers down "
            "does so at each attempt.",
            id="maskr.E007",
        )
    ]


def _payments() -> list[CheckMessage]:
    """Cards would be charged, and no event that grants the credits be believed."""
    if not settings.STRIPE_SECRET_KEY or settings.STRIPE_WEBHOOK_SECRETS:
        return []
    return [
        Error(
            "STRIPE_SECRET_KEY is set without STRIPE_WEBHOOK_SECRETS: what is bought would never "
            "be granted.",
            hint="Set STRIPE_WEBHOOK_SECRETS to the secret of the endpoint /billing/stripe/webhook.",
            id="maskr.E003",
        )
    ]


def _leak_partners() -> list[CheckMessage]:
    """Reports would be refused one by one, and nobody would look why."""
    found: list[CheckMessage] = []
    for name, pem in settings.LEAK_PARTNER_KEYS.items():
        try:
            public_key(pem)
        except ValueError as error:
            text = f"MASKR_LEAK_PARTNER_KEYS: {name} is no key of a partner ({error})."
            found.append(Error(text, id="maskr.E005"))
    return found
