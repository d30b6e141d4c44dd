"""A bucket of the test's own on a server that speaks S3, which the product stores its files in.

from tests.buckets import bucket, s3

__all__ = ["bucket", "s3"]
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from maskr_site.storages import storage_entry


@contextmanager
def serving() -> Iterator[str]:
    """The address of a server without buckets."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@contextmanager
def storage() -> Iterator[str]:
    """The STORAGE_URL of a bucket of its own, for products that run as processes."""
    with serving() as address:
        boto3.client(
            "s3", endpoint_url=address, region_name="us-east-1",
            aws_access_key_id="k", aws_secret_access_key="s",
        ).create_bucket(Bucket="maskr")  # fmt: skip
        yield f"s3://k:s@maskr/files?region=us-east-1&endpoint_url={address}"


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with serving() as address:
        yield address


@pytest.fixture
def bucket(s3, settings, tmp_path) -> Any:
    name = f"maskr-{tmp_path.name.replace('_', '-').lower()[:40].strip('-')}"
    resource = boto3.resource(
        "s3",
        endpoint_url=s3,
        region_name="us-east-1",
        aws_access_key_id="k",
        aws_secret_access_key="s",
    )
    entry = storage_entry(f"s3://k:s@{name}/maskr?region=us-east-1&endpoint_url={s3}")
    settings.STORAGES = {**settings.STORAGES, "default": entry}
    return resource.create_bucket(Bucket=name)
