"""Typed readers of the environment. Every variable may also come from a file: NAME_FILE=/path."""

import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from environs import FileAwareEnv

env = FileAwareEnv(strip_whitespace=True)


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
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Written aside and linked into place, so that two processes starting at once agree on one value.
    draft = folder / f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}"
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_urlsafe(48))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first: its value counts
    finally:
        draft.unlink()
    return path.read_text().strip()
