"""SQLite's files hold addresses and the hashes of passwords: other users of the machine cannot read them.

SQLite makes them as the process's umask says, which most leave open to all. What a group may is left: a
user who makes backups may be let in by it.
"""

import contextlib
import stat
from pathlib import Path
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


def install() -> None:
    connection_created.connect(_close, dispatch_uid="private_files")


def _close(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if connection.vendor == "sqlite":
        for ending in ("", "-wal", "-shm"):
            # Not there, in memory, or another user's, who answers for it.
            with contextlib.suppress(OSError):
                _close_to_others(Path(f"{connection.settings_dict['NAME']}{ending}"))


def _close_to_others(path: Path) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & stat.S_IRWXO:
        path.chmod(mode & ~stat.S_IRWXO)
