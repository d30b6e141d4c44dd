"""The demo account: made once, kept in a file only its owner may read, never short of credits."""

import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from secrets import token_urlsafe

from django.core.management import call_command

from accounts import keys
from accounts.models import User
from billing import credits

EMAIL = "demo@maskr.localhost"
CREDITS = 1000
_HUNDREDTHS = 100
_LOW = 50 * _HUNDREDTHS


@dataclass(frozen=True)
class DemoAccount:
    email: str
    password: str
    api_key: str


def demo_account(folder: Path) -> DemoAccount:
    """The account of this database; made anew, or given a new key, where file and database differ."""
    path = _path(folder)
    user = User.objects.filter(email=EMAIL).first()
    account = kept(folder)
    if user is None:
        account = _create()
        _keep(account, path)
    elif account is None or not _is_of(account, user):
        account = _restore(user)
        _keep(account, path)
    _top_up()
    return account


def kept(folder: Path) -> DemoAccount | None:
    """What the file says, which the database may contradict."""
    try:
        return DemoAccount(**json.loads(_path(folder).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _path(folder: Path) -> Path:
    return folder / "account.json"


def _is_of(account: DemoAccount, user: User) -> bool:
    key = keys.find(account.api_key)
    return key is not None and key.user_id == user.pk


def _create() -> DemoAccount:
    out = io.StringIO()
    call_command("create_account", EMAIL, credits=str(CREDITS), json=True, stdout=out)
    made = json.loads(out.getvalue())
    return DemoAccount(made["email"], made["password"], made["api_key"])


def _restore(user: User) -> DemoAccount:
    """The key that was shown once is lost: another one, and a password that is known again."""
    password = token_urlsafe(12)
    user.set_password(password)
    user.save(update_fields=["password"])
    _key, plaintext = keys.create(user, "Demo key")
    return DemoAccount(EMAIL, password, plaintext)


def _keep(account: DemoAccount, path: Path) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(asdict(account), indent=2) + "\n")


def _top_up() -> None:
    user = User.objects.get(email=EMAIL)
    if credits.balance(user) < _LOW:
        credits.grant(user, CREDITS * _HUNDREDTHS, reason="Topped up for the demonstration")
