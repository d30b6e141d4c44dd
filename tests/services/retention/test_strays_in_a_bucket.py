"""Files without rows and rows without files, where the files lie in a bucket."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from storages.backends.s3 import S3Storage

from services.models import Job
from services.retention import strays
from tests.buckets import bucket, s3

__all__ = ["bucket", "s3"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("bucket")]


def write(name: str) -> str:
    return str(default_storage.save(name, ContentFile(b"stray")))


@pytest.fixture
def aged(monkeypatch) -> None:
    """What was just written counts as old: a bucket dates objects itself."""
    monkeypatch.setattr(strays, "GRACE", timedelta(minutes=-1))


@pytest.fixture
def kept(new_job, aged) -> Job:
    job: Job = new_job(ended_at=timezone.now() - timedelta(hours=3), purge_at=None)
    return job


@pytest.mark.parametrize("folder", ["inputs/2026/01/01", "results/2026/01/01", "training/ab"])
def test_an_object_without_a_row_is_deleted(alice, bucket, aged, folder):
    name = write(f"{folder}/{uuid4()}")
    assert strays.sweep().files == [name]
    assert list(bucket.objects.all()) == []


def test_a_young_object_is_left(alice):
    name = write(f"results/2026/01/01/{uuid4()}.png")
    assert (strays.sweep().files, default_storage.exists(name)) == ([], True)


def test_what_a_row_names_is_left(kept):
    assert strays.sweep() == strays.Strays()
    assert all(default_storage.exists(name) for name in kept.file_names)


def test_objects_outside_the_prefix_are_left(alice, bucket, aged):
    bucket.put_object(Key="results/2026/01/01/others.png", Body=b"not ours")
    assert strays.sweep().files == []
    assert [item.key for item in bucket.objects.all()] == ["results/2026/01/01/others.png"]


def test_a_row_whose_object_is_gone_is_marked(kept, client):
    default_storage.delete(kept.result_name)
    assert strays.sweep().jobs == [kept.pk]
    assert Job.objects.get().purged_at and not default_storage.exists(kept.input_name)


def test_more_objects_than_a_bucket_lists_at_once_are_all_found(alice, bucket, aged, monkeypatch):
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    for number in range(5):
        bucket.put_object(Key=f"maskr/results/2026/01/01/{number}.png", Body=b"")
    strays.sweep(even_if_most_are_missing=True)
    assert list(bucket.objects.all()) == []


def test_an_object_that_goes_during_the_sweep_stops_nothing(alice, aged, monkeypatch):
    gone, stays = (write(f"inputs/2026/01/01/{letter}") for letter in "ab")
    look = S3Storage.get_modified_time

    def late(storage: S3Storage, name: str):
        if name == gone:
            storage.delete(name)
        return look(storage, name)

    monkeypatch.setattr(S3Storage, "get_modified_time", late)
    assert strays.sweep().files == [stays]


def test_a_second_sweep_finds_nothing(kept):
    write("inputs/2026/01/01/a")
    default_storage.delete(kept.result_name)
    strays.sweep()
    assert strays.sweep() == strays.Strays()
