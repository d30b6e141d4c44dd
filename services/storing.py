"""Reading and writing files, and what it means when that fails: a full disk is trouble, not a mistake.

A bucket may take its time: the connection to the database is given back before each of these.
"""

import contextlib
import errno
import logging
import time
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as NotConnected
from django.core.files.base import File
from django.core.files.storage import default_storage
from s3transfer.exceptions import RetriesExceededError

from services.connections import free_connection

logger = logging.getLogger(__name__)
#: No room, no right to write, too many files, or a disk that is going, here or in the network.
_TROUBLE = frozenset(
    getattr(errno, name)
    for name in (
        *("ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "EIO", "EMFILE", "ENFILE", "EFBIG"),
        *("ESTALE", "ETIMEDOUT", "EHOSTDOWN", "ENOTCONN", "EREMOTEIO"),
    )
)
#: Those of them that say nothing about the next moment: a network, or a server in it, was away.
_PASSING = frozenset(
    getattr(errno, name)
    for name in (
        *("ESTALE", "ETIMEDOUT", "EHOSTDOWN", "EHOSTUNREACH", "ENETDOWN", "ENETUNREACH"),
        *("ECONNREFUSED", "ECONNRESET", "ECONNABORTED", "EPIPE", "ENOTCONN", "EREMOTEIO"),
    )
)
#: What a bucket says with a number below 500 while it only wants less, or the same once more.
_PASSING_WORDS = frozenset(("OperationAborted", "RequestTimeout", "RequestTimeoutException"))
_OF_ITS_NETWORK = (NotConnected, HTTPClientError, IncompleteReadError, RetriesExceededError)
_OF_A_BUCKET = (BotoCoreError, ClientError, RetriesExceededError)
#: Between the tries to store what it took long to make; the bucket's library made two within each.
_GAPS_S = (0.5, 1.0, 2.0)


def save(path: str, content: "File[bytes]") -> str:
    """The name it got. Raises what the storage does, having left no half of a file behind."""
    free_connection()
    try:
        return default_storage.save(path, content)
    except BaseException:
        discard(path)
        raise


def save_patiently(path: str, content: "File[bytes]") -> str:
    """As `save`, and again for some seconds while the storage's trouble may pass."""
    for gap_s in _GAPS_S:
        try:
            return save(path, content)
        except Exception as error:
            if not is_passing(error):
                raise
            logger.warning("cannot store %s; trying again: %s", path, error)
        time.sleep(gap_s)
        content.seek(0)
    return save(path, content)


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
    # First, as those of a bucket that is silent are OSErrors too, and have no number.
    if isinstance(error, _OF_A_BUCKET):
        return True
    return isinstance(error, OSError) and error.errno in _TROUBLE | _PASSING


def is_passing(error: BaseException) -> bool:
    """Whether the same may well be done a moment later, without anybody mending anything."""
    match error:
        case ClientError():
            answer: Mapping[str, Any] = error.response
            status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            code = answer.get("Error", {}).get("Code", "")
            return status >= 500 or status == 429 or code in _PASSING_WORDS
        case _ if isinstance(error, _OF_A_BUCKET):
            return isinstance(error, _OF_ITS_NETWORK)
    return isinstance(error, OSError) and error.errno in _PASSING
