"""STORAGE_URL=s3://…: uploads and results in a bucket, against a server that speaks S3."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from services.models import Job
from tests.buckets import break_off, bucket, gate, refuse, s3
from tests.pictures import opened, picture

__all__ = ["bucket", "gate", "s3"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker")]


def remove(alice):
    """By one of the APIs that answer with the picture itself."""
    headers = {"x-api-key": alice.plaintext, "Idempotency-Key": "order-17"}
    return alice.api.post("/v2", {"image_file": upload()}, headers=headers)


def upload() -> SimpleUploadedFile:
    return SimpleUploadedFile("a.png", picture())


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


def test_a_bucket_that_deletes_nothing_hides_no_reason(bob, bucket, gate):
    with gate.meanwhile("DELETE", "/inputs/", refuse):
        assert bob.post().status_code == 402


def test_a_bucket_that_deletes_nothing_fails_no_batch(new_customer, bucket, gate):
    poor = new_customer("poor@example.com", 700)
    with gate.meanwhile("DELETE", "/inputs/", refuse):
        answer = poor.post_batch([picture()] * 3)
    assert (answer.status_code, answer.json()["completed"]) == (200, 2)


@pytest.mark.parametrize("part", ["/inputs/", "/results/"])
def test_a_bucket_that_breaks_off_is_503_to_be_tried_again(alice, bucket, gate, part):
    with gate.meanwhile("GET", part, break_off):
        answer = remove(alice)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")


def test_what_a_bucket_broke_off_is_had_later_and_paid_once(alice, bucket, gate):
    with gate.meanwhile("GET", "/results/", break_off):
        remove(alice)
    assert (remove(alice).status_code, alice.balance) == (200, 9_900)


def test_an_object_that_goes_between_opening_and_reading_is_a_file_that_is_not_found(bucket):
    name = default_storage.save("inputs/x", ContentFile(b"x"))
    file = default_storage.open(name)
    bucket.Object(f"maskr/{name}").delete()
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            file.read()
