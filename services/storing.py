"""Writing to storage, and what it means when that fails: a full disk is trouble, not a mistake."""

import contextlib
import errno

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from django.core.files.storage import default_storage

#: No room, no right to write, too many files, or a disk that is going.
_TROUBLE = frozenset(
    getattr(errno, name)
    for name in ("ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "EIO", "EMFILE", "ENFILE", "EFBIG")
)


def save(path: str, content: "File[bytes]") -> str:
    """The name it got. Raises what the storage does, having left no half of a file behind."""
    try:
        return default_storage.save(path, content)
    except BaseException:
        discard(path)
        raise


def discard(*names: str) -> None:
    """Deletes as good as it goes: what cannot be deleted is found by the daily sweep."""
    for name in names:
        with contextlib.suppress(OSError, BotoCoreError, ClientError):
            default_storage.delete(name)


def is_trouble(error: BaseException | None) -> bool:
    """Whether storage, or a place for temporary files, cannot take anything at the moment."""
    if isinstance(error, OSError):
        return error.errno in _TROUBLE
    return isinstance(error, BotoCoreError | ClientError)
