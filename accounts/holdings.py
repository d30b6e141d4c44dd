"""What accounts hold about a person: profile, addresses, second factors, keys, sign-ins."""

from collections.abc import Iterator
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts import keys, sessions
from accounts.backoffice import audit
from accounts.erasure import Section
from accounts.models import ApiKey, User

_NAMELESS_KEY = "key of an erased account"


class Accounts:
    def export(self, user: User) -> Iterator[Section]:
        yield "profile", [_profile(user)]
        yield "keys", map(_key, user.api_keys.all())
        signed_in = UserSession.objects.filter(user=user)
        yield "sessions", signed_in.values("created_at", "last_seen_at", "ip", "user_agent")

    def prepare(self, user: User) -> None:
        pass  # nobody else has to agree

    @transaction.atomic
    def forget(self, user: User) -> None:
        for key in user.api_keys.all():
            keys.revoke(key)
        user.api_keys.update(name=_NAMELESS_KEY, allowed_ips=[], last_used_ip="")
        sessions.end_all(user)
        UserSession.objects.filter(user=user).delete()
        nobody = f"erased-{user.pk}@erased.invalid"
        audit.make_nameless(user, nobody, _NAMELESS_KEY)
        EmailAddress.objects.filter(user=user).delete()
        Authenticator.objects.filter(user=user).delete()
        User.objects.filter(pk=user.pk).update(
            email=nobody,
            password=make_password(None),  # ends the sessions that nobody listed, too
            training_opt_in=False,
            last_login=None,
        )


def _profile(user: User) -> dict[str, Any]:
    addresses = EmailAddress.objects.filter(user=user).values("email", "verified", "primary")
    return {
        "email": user.email,
        "addresses": list(addresses),
        "joined": user.date_joined,
        "last_login": user.last_login,
        "training_opt_in": user.training_opt_in,
        "notify_by_mail": user.notify_by_mail,
        "second_factors": list(
            Authenticator.objects.filter(user=user).values("type", "created_at", "last_used_at")
        ),
    }


def _key(key: ApiKey) -> dict[str, Any]:
    """Nothing that it could be used or guessed by."""
    return {
        "name": key.name,
        "key": key.masked,
        "fingerprint": key.fingerprint,
        "mode": key.mode,
        "state": key.state,
        "scopes": key.scopes,
        "allowed_ips": key.allowed_ips,
        "created_at": key.created_at,
        "ends_at": key.ends_at,
        "last_used_at": key.last_used_at,
        "last_used_from": key.last_used_ip,
    }
