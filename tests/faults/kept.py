"""The files that an installation keeps, looked at from outside: in its folder, or in its bucket."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from maskr_site.storages import storage_entry
from tests.live.product import Product

_PARTS = ("inputs", "results")


@dataclass(frozen=True)
class Kept:
    """Bytes, and when it was written, in seconds since 1970."""

    size: int
    written_at: float


def kept_files(product: Product) -> dict[str, Kept]:
    """Uploads and results by the names that rows have for them."""
    url = product.environment.get("STORAGE_URL", "")
    return _in_bucket(url) if url.startswith("s3:") else _in_folder(folder_of(product))


def folder_of(product: Product) -> Path:
    """Where uploads and results lie."""
    default = f"file://{product.environment['MASKR_VAR_DIR']}/files"
    return Path(product.environment.get("STORAGE_URL", default).removeprefix("file://"))


def bucket_of(url: str) -> tuple[Any, str]:
    """The bucket of this address, there or not, and the folder in it."""
    options = storage_entry(url)["OPTIONS"]
    store = boto3.resource(
        "s3",
        endpoint_url=options["endpoint_url"],
        region_name=options["region_name"],
        aws_access_key_id=options["access_key"],
        aws_secret_access_key=options["secret_key"],
    )
    return store.Bucket(options["bucket_name"]), options["location"]


def _in_bucket(url: str) -> dict[str, Kept]:
    bucket, folder = bucket_of(url)
    return {
        item.key.removeprefix(f"{folder}/"): Kept(item.size, item.last_modified.timestamp())
        for part in _PARTS
        for item in bucket.objects.filter(Prefix=f"{folder}/{part}/")
    }


def _in_folder(folder: Path) -> dict[str, Kept]:
    paths = [path for part in _PARTS for path in (folder / part).rglob("*") if path.is_file()]
    return {
        str(path.relative_to(folder)): Kept(path.stat().st_size, path.stat().st_mtime)
        for path in paths
    }
