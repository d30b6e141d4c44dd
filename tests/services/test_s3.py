"""STORAGE_URL=s3://…: uploads and results in a bucket, against a server that speaks S3."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from services.models import Job
from tests.buckets import bucket, s3
from tests.pictures import opened

__all__ = ["bucket", "s3"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker")]


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
    Job.objects.update(state="pending", lease_until=None, charged=0)
    bucket.objects.filter(Prefix="maskr/inputs").delete()
    jobs.perform(job_id)
    assert Job.objects.get().error_code == "input_gone"


def test_an_object_that_goes_between_opening_and_reading_is_a_file_that_is_not_found(bucket):
    name = default_storage.save("inputs/x", ContentFile(b"x"))
    file = default_storage.open(name)
    bucket.Object(f"maskr/{name}").delete()
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            file.read()
