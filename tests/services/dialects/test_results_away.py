"""A finished picture that cannot be read: said as it is, and had later without a new charge."""

import errno
import io

import pytest
from botocore.exceptions import EndpointConnectionError
from django.core.files.base import File

from services import files
from services.models import IdempotentRequest, Job
from tests.services.dialects.vendors import VENDORS, send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]

POOF = VENDORS["poof"]
KEY = {"Idempotency-Key": "order-17"}
BROKEN = OSError(errno.EIO, "Input/output error")


class Closed:
    """A storage that does not open what it has."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def open(self, _name: str) -> "File[bytes]":
        raise self.error


class BadSector(io.BytesIO):
    def read(self, _size: int | None = -1) -> bytes:
        raise BROKEN


class Illegible:
    """One that opens it and does not give its bytes."""

    def open(self, _name: str) -> "File[bytes]":
        return File(BadSector())


@pytest.fixture
def away(monkeypatch):
    monkeypatch.setattr(files, "default_storage", Closed(BROKEN))


@pytest.mark.parametrize("name", VENDORS)
def test_is_503_in_the_vendors_shape(alice, away, name):
    response = send(alice.api, VENDORS[name])
    keys = set(VENDORS[name].error_keys)
    assert (response.status_code, keys <= set(response.json())) == (503, True)


@pytest.mark.parametrize(
    "storage",
    [
        Closed(OSError(errno.EMFILE, "Too many open files")),
        Closed(EndpointConnectionError(endpoint_url="http://bucket.example")),
        Illegible(),
    ],
    ids=["no file handles", "no bucket", "a bad sector"],
)
def test_every_kind_of_trouble_is_503(alice, monkeypatch, storage):
    monkeypatch.setattr(files, "default_storage", storage)
    assert send(alice.api, POOF).status_code == 503


def test_says_that_it_was_charged_and_where_the_picture_is(alice, away):
    message = send(alice.api, POOF).json()["message"]
    where = f"/v1/jobs/{Job.objects.get().pk}"
    assert ("charged for" in message, where in message, alice.balance) == (True, True, 9_900)


def test_says_when_to_come_back(alice, away):
    assert send(alice.api, POOF)["Retry-After"] == "5"


def test_the_same_request_gets_it_later_and_pays_once(alice, monkeypatch):
    with monkeypatch.context() as now:
        now.setattr(files, "default_storage", Closed(BROKEN))
        send(alice.api, POOF, headers=KEY)
    response = send(alice.api, POOF, headers=KEY)
    assert (response.status_code, response["Content-Type"], alice.balance) == (
        *(200, "image/png"),
        9_900,
    )


def test_a_repetition_that_fails_too_keeps_the_key(alice, away):
    for _ in range(2):
        send(alice.api, POOF, headers=KEY)
    assert (IdempotentRequest.objects.count(), Job.objects.count()) == (1, 1)


def test_a_result_that_is_gone_is_410(alice, monkeypatch):
    monkeypatch.setattr(files, "default_storage", Closed(FileNotFoundError(errno.ENOENT, "gone")))
    assert send(alice.api, POOF).status_code == 410
