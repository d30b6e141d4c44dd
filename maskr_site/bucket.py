"""The bucket behind STORAGE_URL=s3://…: what is gone is FileNotFoundError there too, whenever it goes.

A bucket that is gone is another matter: its answer to whatever is asked is 404 as well, and of no file
it says that it was deleted.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError
from storages.backends.s3 import S3File, S3Storage
from storages.utils import clean_name

#: The library itself would wait minutes for a server that is silent, and each wait holds a thread.
_PATIENCE = Config(
    connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 2, "mode": "standard"}
)
#: Beyond it the library would write in parts: those of a process that dies stay in the bucket, where no
#: sweep sees them, and of a file whose last answer is lost none can say that it is there.
_IN_ONE_GO = 1024**3
#: Keys that have expired, were replaced or may not do this, and a clock that is wrong: all one number.
_UNEXPLAINED = frozenset(("400", "403"))


class Object(S3File):  # type: ignore[misc]
    """Fetched when it is first read, when another process may have deleted it since it was opened."""

    _file: Any

    def _get_file(self) -> Any:
        try:
            with self._storage.missing_as_in_a_folder(self.name):
                return super()._get_file()
        except BaseException:
            if self._file is not None:
                self._file.close()
                self._file = None  # else the next read would find an empty file
            raise

    file = property(_get_file, S3File._set_file)


class Bucket(S3Storage):  # type: ignore[misc]
    """S3Storage, whose files are those above."""

    client_config: Any
    transfer_config: Any

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.client_config = self.client_config.merge(_PATIENCE)
        # Of a download that begins well and breaks off: five, of which each may wait, are a minute.
        self.transfer_config.num_download_attempts = 2
        self.transfer_config.multipart_threshold = _IN_ONE_GO

    @contextmanager
    def missing_as_in_a_folder(self, name: str) -> Iterator[None]:
        """Raises FileNotFoundError for a 404, and what the bucket answers when it is that which is gone."""
        try:
            with self._explained():
                yield
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            self.connection.meta.client.head_bucket(Bucket=self.bucket_name)
            raise FileNotFoundError(f"File does not exist: {name}") from error

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """The answer to a HEAD has a number and no reason: raises what the bucket says to a GET instead."""
        try:
            yield
        except ClientError as error:
            if error.response["Error"]["Code"] in _UNEXPLAINED:
                self.connection.meta.client.list_objects_v2(Bucket=self.bucket_name, MaxKeys=1)
            raise

    def exists(self, name: str) -> bool:
        with self._explained():
            return bool(super().exists(name))

    def delete(self, name: str) -> None:
        """What is not there needs no deletion. Raises what the bucket does, also that it is gone."""
        with suppress(FileNotFoundError), self.missing_as_in_a_folder(name):
            self.bucket.Object(self._normalize_name(clean_name(name))).delete()

    def _open(self, name: str, mode: str = "rb") -> Object:
        with self.missing_as_in_a_folder(name):
            return Object(self._normalize_name(clean_name(name)), mode, self)
