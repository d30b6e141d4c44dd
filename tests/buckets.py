"""A bucket of the test's own on a server that speaks S3, which the product stores its files in.

from tests.buckets import bucket, s3

__all__ = ["bucket", "s3"]
"""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from maskr_site.storages import storage_entry


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


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
