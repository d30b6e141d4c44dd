"""The bucket behind STORAGE_URL=s3://…: what is gone is FileNotFoundError there too, whenever it goes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError
from storages.backends.s3 import S3File, S3Storage
from storages.utils import clean_name

#: The library itself would wait minutes for a server that is silent, and each wait holds a thread.
_PATIENCE = Config(
    connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 2, "mode": "standard"}
)


@contextmanager
def _missing_as_in_a_folder(name: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        raise FileNotFoundError(f"File does not exist: {name}") from error


class Object(S3File):  # type: ignore[misc]
    """Fetched when it is first read, when another process may have deleted it since it was opened."""

    _file: Any

    def _get_file(self) -> Any:
        try:
            with _missing_as_in_a_folder(self.name):
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

    def _open(self, name: str, mode: str = "rb") -> Object:
        with _missing_as_in_a_folder(name):
            return Object(self._normalize_name(clean_name(name)), mode, self)
