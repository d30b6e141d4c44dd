"""Typed readers of the environment. Every variable may also come from a file: NAME_FILE=/path."""

import os
import re
import secrets
from collections.abc import Sequence
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.mail.message import sanitize_address
from django.core.validators import EmailValidator
from environs import FileAwareEnv, validate


class _Env(FileAwareEnv):
    """Which tells of a file that holds no text by the name of its variable as well."""

    def _get_value(self, env_key: str, default: Any) -> Any:
        try:
            return super()._get_value(env_key, default)
        except UnicodeDecodeError:
            raise ImproperlyConfigured(f"{env_key}_FILE must name a file of UTF-8 text.") from None


env = _Env(strip_whitespace=True)

#: Seconds of thirty years: neither a clock nor a date can be computed with many more.
_MOST = 10**9
FROM_0, FROM_1 = validate.Range(min=0, max=_MOST), validate.Range(min=1, max=_MOST)
BYTES = validate.Range(min=1, max=10**12)
#: Of a process, be they begun at once or as they are needed: with many more it cannot start.
THREADS, THREADS_OR_ALL = validate.Range(min=1, max=10_000), validate.Range(min=0, max=10_000)
#: Hours or days that something is kept; with many more there is no date to be computed.
KEPT = validate.Range(min=1, max=100_000)
PORT = validate.Range(min=0, max=65_535)
LOG_FORMAT = validate.OneOf(("console", "json"))
#: Of the sixteen that it has where nobody configured more; those before it may be anybody's.
_LAST_OF_REDIS = 15
_LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
#: As Django compares them with the Host header: a dot in front stands for every name below.
_HOST = re.compile(r"\*|\.?[a-z0-9_.-]+|\[[0-9a-f:.]+\]", re.IGNORECASE)


def address(name: str, default: str, *schemes: str) -> str:
    """The address NAME, which may be empty where the default is.

    Raises ImproperlyConfigured for one of another kind; the message holds nothing of it, since a
    slash in a password makes a port of its beginning.
    """
    text = str(env.str(name, default))
    if not (text or default):
        return ""
    try:
        parts = urlsplit(text)
        _ = parts.port  # read only now
    except ValueError:
        raise ImproperlyConfigured(f"{name} is no address, or its port is none.") from None
    if parts.scheme not in schemes or (parts.scheme.startswith("http") and not parts.hostname):
        kinds = ", ".join(f"{scheme}://…" for scheme in schemes)
        raise ImproperlyConfigured(f"{name} must be one of {kinds}")
    return text


def site(name: str) -> str:
    """The address NAME of this server, without a slash at its end; empty where there is none.

    Raises ImproperlyConfigured for one with a path: pages and the API lie at the root of their host.
    """
    text = address(name, "", "https", "http").rstrip("/")
    if text and urlsplit(text)[1:] != (urlsplit(text).netloc.rpartition("@")[2], "", "", ""):
        raise ImproperlyConfigured(
            f"{name} must be scheme, host and port alone, such as https://maskr.example: "
            "the pages and the API lie at the root of a host of their own."
        )
    host = urlsplit(text).hostname or ""
    if text and not _HOST.fullmatch(f"[{host}]" if ":" in host else host):
        # Browsers send the letters of other alphabets so, and no request would be for this server.
        raise ImproperlyConfigured(
            f"{name}: {host} is no host as browsers name it: write other letters as xn--…"
        )
    return text


def hosts(name: str, public: str | None) -> list[str]:
    """The hosts between the commas of NAME, else this machine and the public one.

    Raises ImproperlyConfigured for what no Host header can be, such as an address.
    """
    found = listed(name)
    for host in found:
        if not _HOST.fullmatch(host):
            raise ImproperlyConfigured(
                f"{name}: {host} is no host: give its name alone, without scheme, port and path."
            )
    if found:
        return found
    return [*_LOOPBACK, f"[{public}]" if ":" in public else public] if public else [*_LOOPBACK]


def sender(name: str, default: str) -> str:
    """Whom mails come from. Raises ImproperlyConfigured for what mail servers would refuse."""
    text = str(env.str(name, "")) or default
    try:
        address = parseaddr(sanitize_address(text, "utf-8"))[1]
        # The domain is parsed by now, and within a house it may be a name without a dot.
        EmailValidator(allowlist=[address.rpartition("@")[2]])(address)
    except (ValueError, ValidationError):
        raise ImproperlyConfigured(
            f'{name} must be an address such as "Maskr <no-reply@example.com>", not {text!r}.'
        ) from None
    return text


def next_database(name: str, url: str) -> str:
    """The database of Redis after the one of `url`, which NAME gave. Raises ImproperlyConfigured."""
    parts = urlsplit(url)
    number = parts.path.strip("/") or "0"
    if not number.isdecimal():
        raise ImproperlyConfigured(f"{name} must end with a database of Redis, such as /0.")
    if int(number) == _LAST_OF_REDIS:
        raise ImproperlyConfigured(
            f"{name} takes the last database of a usual Redis, and limits and cache need the one "
            "after it: take another, or name theirs in MASKR_REDIS_URL."
        )
    return parts._replace(path=f"/{int(number) + 1}").geturl()


def database(name: str, default: str) -> dict[str, Any]:
    """Django's entry for the database NAME. Raises ImproperlyConfigured for one of another kind."""
    found: dict[str, Any] = env.dj_db_url(name, default)
    if found["ENGINE"] not in ("django.db.backends.sqlite3", "django.db.backends.postgresql"):
        raise ImproperlyConfigured(f"{name} must be one of postgres://…, sqlite:///…")
    return found


def place(name: str, default: Path) -> Path:
    """The folder NAME, be it there or not. Raises ImproperlyConfigured for an empty text: the folder
    that the program was started in, with all that lies there, is not what anybody means by it."""
    text = env.str(name, str(default))
    if not text:
        raise ImproperlyConfigured(f"{name} is set, and empty: name a folder, or leave it out.")
    return Path(text)


def published(name: str, default: Path, *private: Path) -> Path:
    """As place(), and whatever lies there is public. Raises ImproperlyConfigured where these do."""
    path = place(name, default)
    if any(folder.is_relative_to(path.absolute()) for folder in private):
        raise ImproperlyConfigured(
            f"{name} must be a folder of its own: all that lies there can be fetched by anybody."
        )
    return path


def folder(name: str, default: Path) -> Path:
    """The folder NAME, made where there is none. Raises ImproperlyConfigured where it cannot be."""
    path = place(name, default).absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"{name}: {path}: {error.strerror}.") from error
    return path


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """The networks between the commas of NAME. Raises ImproperlyConfigured for what is none."""
    try:
        return [ip_network(item) for item in listed(name)]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}.") from error


def texts(name: str) -> dict[str, str]:
    """The JSON object NAME, of texts only. Raises ImproperlyConfigured for another."""
    found = env.json(name, {})
    if isinstance(found, dict) and all(isinstance(value, str) for value in found.values()):
        return cast("dict[str, str]", found)
    raise ImproperlyConfigured(f"{name} must be a JSON object of texts.")


def listed(name: str, default: Sequence[str] = ()) -> list[str]:
    """The items between the commas of NAME; spaces and a comma too many are nobody's intention."""
    return _items(env.str(name, "")) or list(default)


def rotated(name: str, folder: Path) -> list[str]:
    """The secrets of NAME, in their order: the first is used, the others are still recognised.

    Raises ImproperlyConfigured where there is none: what the empty secret signs, anybody can sign.
    """
    if found := _items(secret(name, folder)):
        return found
    raise ImproperlyConfigured(f"{name} is set, but holds no secret.")


def shared(name: str, folder: Path, *, makes_one: bool) -> list[str]:
    """As rotated(), but none is made where several machines would each make another."""
    if makes_one or env.str(name, "") or (folder / name.lower()).exists():
        return rotated(name, folder)
    return []


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def secret(name: str, folder: Path) -> str:
    """The secret NAME from the environment, else one generated once and kept in `folder`.

    The kept file (mode 0600) makes a single machine safe without configuration; several machines
    must share the value through the environment, which a system check insists on.
    """
    if value := env.str(name, ""):
        return str(value)
    path = folder / name.lower()
    try:
        if (
            not path.exists()
        ):  # or nothing would start on a full disk, not even what makes room there
            _make_secret(path)
        return path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}: {path}: {error.strerror}.") from error


def _make_secret(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Written aside and linked into place, so that two processes starting at once agree on one value.
    draft = path.parent / f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}"
    draft.touch(mode=0o600)
    try:
        draft.write_text(secrets.token_urlsafe(48))
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first: its value counts
    finally:
        draft.unlink()
