"""What becomes of pictures and credits when the bucket is not well: it is gone, refuses, loses its answers."""

from contextlib import ExitStack
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from services import files, storing
from services.models import Job
from tests.buckets import bucket, gate, lose_answer, refuse, refusing, s3

__all__ = ["bucket", "gate", "s3"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker")]

LARGE = b"\0" * (9 * 2**20)
METHODS = ("HEAD", "GET", "PUT", "POST", "DELETE")
TROUBLES = {
    "slow down": refusing("503 Slow Down", "SlowDown"),
    "expired credentials": refusing("403 Forbidden", "ExpiredToken"),
    "rotated credentials": refusing("403 Forbidden", "InvalidAccessKeyId"),
    "a clock that is wrong": refusing("403 Forbidden", "RequestTimeTooSkewed"),
    "no bucket": refusing("404 Not Found", "NoSuchBucket"),
}


@pytest.fixture(autouse=True)
def _short_rests(monkeypatch) -> None:
    """What rested is due at once, and a sweep that comes every few seconds takes it up."""
    monkeypatch.setattr("services.jobs._REST_S", 0)
    monkeypatch.setattr(storing, "_GAPS_S", (0.01,))


@pytest.fixture
def trouble(gate):
    """With whatever is asked of this part of the bucket, and of the bucket itself."""
    with ExitStack() as closing:

        def trouble(treatment, part: str, methods: tuple[str, ...] = METHODS) -> None:
            for method in methods:
                closing.enter_context(gate.meanwhile(method, part, treatment))

        yield trouble


@pytest.fixture
def vanish(bucket):
    def vanish() -> None:
        bucket.objects.all().delete()
        bucket.delete()

    return vanish


@pytest.mark.parametrize("treatment", TROUBLES.values(), ids=TROUBLES)
@pytest.mark.parametrize(
    ("part", "methods"),
    [("", METHODS), ("/inputs/", ("GET",)), ("/results/", ("PUT",))],
    ids=["placing", "reading", "storing"],
)
def test_trouble_with_the_bucket_is_503_and_costs_nothing(
    alice, bucket, trouble, part, methods, treatment
):
    trouble(treatment, part, methods)
    answer = alice.post()
    assert (answer.status_code, answer["Retry-After"], alice.balance) == (503, "5", 10_000)


@pytest.mark.parametrize("treatment", TROUBLES.values(), ids=TROUBLES)
def test_a_result_that_cannot_be_fetched_now_is_503(alice, bucket, client, trouble, treatment):
    link = alice.post().json()["result"]["output_url"]
    trouble(treatment, "")
    answer = client.get(link)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")


@pytest.mark.parametrize(
    "code", ["ExpiredToken", "InvalidAccessKeyId", "RequestTimeTooSkewed", "AccessDenied"]
)
def test_readiness_has_the_buckets_own_word(bucket, client, trouble, code):
    """Though it is a HEAD that is refused first, and its answer has a number alone."""
    trouble(refusing("403 Forbidden", code), "")
    assert client.get("/health/ready").json()["parts"]["storage"]["error"] == code


def test_a_result_in_a_bucket_that_vanished_is_not_called_deleted(alice, vanish, client):
    link = alice.post().json()["result"]["output_url"]
    vanish()
    assert client.get(link).status_code == 503


def test_nothing_is_noted_as_deleted_in_a_bucket_that_is_not_there(alice, vanish):
    alice.post()
    vanish()
    Job.objects.update(purge_at=timezone.now() - timedelta(seconds=1))
    files.purge_expired()
    assert Job.objects.get().purged_at is None


def test_a_file_that_is_not_there_needs_no_deletion(bucket):
    default_storage.delete("inputs/none")


def test_a_large_upload_whose_last_answer_is_lost_is_there(bucket, trouble):
    trouble(lose_answer(), "/inputs/", ("POST",))  # by which one in parts is completed
    trouble(lose_answer(), "/inputs/", ("PUT",))
    name = default_storage.save("inputs/large", ContentFile(LARGE))
    with default_storage.open(name) as file:
        assert file.read() == LARGE


def test_nothing_of_a_large_upload_that_broke_off_stays_in_the_bucket(bucket, trouble):
    """Neither the upload nor its tidying-up gets through, as of a process that was killed."""
    trouble(refuse, "/inputs/", ("PUT", "DELETE"))
    with pytest.raises(ClientError):
        default_storage.save("inputs/large", ContentFile(LARGE))
    assert list(bucket.multipart_uploads.all()) == []
