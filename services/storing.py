"""Reading and writing files, and what it means when that fails: a full disk is trouble, not a mistake.

A bucket may take its time: the connection to the database is given back before each of these.
"""

import contextlib
import errno

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from django.core.files.storage import default_storage
from s3transfer.exceptions import RetriesExceededError

from services.connections import free_connection

#: No room, no right to write, too many files, or a disk that is going, here or in the network.
_TROUBLE = frozenset(
    getattr(errno, name)
    for name in (
        *("ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "EIO", "EMFILE", "ENFILE", "EFBIG"),
        *("ESTALE", "ETIMEDOUT", "EHOSTDOWN", "ENOTCONN", "EREMOTEIO"),
    )
)


def save(path: str, content: "File[bytes]") -> str:
    """The name it got. Raises what the storage does, having left no half of a file behind."""
    free_connection()
    try:
        return default_storage.save(path, content)
    except BaseException:
        discard(path)
        raise


def read(name: str) -> bytes:
    """Raises what the storage does; FileNotFoundError for what is gone."""
    with opened(name) as file:
        return bytes(file.read())


def opened(name: str) -> "File[bytes]":
    """To be read. A bucket is asked for the bytes only then. Raises as `read` does."""
    free_connection()
    return default_storage.open(name)


def discard(*names: str) -> None:
    """Deletes as good as it goes: what cannot be deleted is found by the daily sweep."""
    free_connection()
    for name in names:
        with contextlib.suppress(OSError, BotoCoreError, ClientError):
            default_storage.delete(name)


def is_trouble(error: BaseException | None) -> bool:
    """Whether storage, or a place for temporary files, cannot take anything at the moment."""
    if isinstance(error, OSError):
        return error.errno in _TROUBLE
    return isinstance(error, BotoCoreError | ClientError | RetriesExceededError)
