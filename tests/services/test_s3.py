"""STORAGE_URL=s3://…: uploads and results in a bucket, against a server that speaks S3."""

from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from maskr_site.storages import storage_entry
from services.models import Job
from tests.pictures import opened

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker")]


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3, settings, tmp_path):
    name = f"maskr-{tmp_path.name.replace('_', '-').lower()[:40].strip('-')}"
    client = boto3.client(
        "s3",
        endpoint_url=s3,
        region_name="us-east-1",
        aws_access_key_id="k",
        aws_secret_access_key="s",
    )
    client.create_bucket(Bucket=name)
    entry = storage_entry(f"s3://k:s@{name}/maskr?region=us-east-1&endpoint_url={s3}")
    settings.STORAGES = {**settings.STORAGES, "default": entry}
    return boto3.resource(
        "s3",
        endpoint_url=s3,
        region_name="us-east-1",
        aws_access_key_id="k",
        aws_secret_access_key="s",
    ).Bucket(name)


def test_upload_and_result_lie_in_the_bucket(alice, bucket):
    alice.post()
    names = sorted(item.key.split("/")[1] for item in bucket.objects.all())
    assert names == ["inputs", "results"]


def test_the_link_gives_the_mask(alice, bucket, client):
    link = alice.post().json()["result"]["output_url"]
    assert opened(b"".join(client.get(link).streaming_content)).mode == "L"


def test_the_link_gives_a_range_of_the_mask(alice, bucket, client):
    link = alice.post().json()["result"]["output_url"]
    whole = b"".join(client.get(link).streaming_content)
    part = client.get(link, headers={"Range": "bytes=10-19"})
    assert b"".join(part.streaming_content) == whole[10:20]


def test_a_result_missing_from_the_bucket_is_410(alice, bucket, client):
    link = alice.post().json()["result"]["output_url"]
    bucket.Object(f"maskr/{Job.objects.get().result_name}").delete()
    assert client.get(link).status_code == 410


def test_an_upload_missing_from_the_bucket_fails_the_job_uncharged(alice, bucket, monkeypatch):
    from services import jobs, waiting

    job_id = alice.post(Prefer="respond-async").json()["job_id"]
    waiting.wait(Job.objects.get(), 20)
    Job.objects.update(state="pending", charged=0)
    bucket.objects.filter(Prefix="maskr/inputs").delete()
    jobs.perform(job_id)
    assert Job.objects.get().error_code == "input_gone"
