"""Storage that cannot take anything: nothing is half written, nothing is charged, 503 is said."""

import errno

import pytest
from django.core.files.base import ContentFile, File

from services import failures, jobs, storing
from services.models import Job

pytestmark = pytest.mark.django_db(transaction=True)


def half(chunk_size=None):
    """A part of the content, and then the disk is full."""
    yield b"half"
    raise OSError(errno.ENOSPC, "No space left on device")


def test_half_a_file_is_not_left_behind(tmp_path, monkeypatch):
    content = ContentFile(b"half and more")
    monkeypatch.setattr(content, "chunks", half)
    with pytest.raises(OSError, match="No space"):
        storing.save("inputs/x", content)
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


def test_a_whole_file_stays(tmp_path):
    name = storing.save("inputs/x", File(ContentFile(b"all")))
    assert (tmp_path / "files" / name).read_bytes() == b"all"


@pytest.mark.parametrize(
    "number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO, errno.ESTALE]
)
def test_a_disk_that_takes_nothing_is_trouble(number):
    assert storing.is_trouble(OSError(number, "x"))


@pytest.mark.parametrize("error", [FileNotFoundError(errno.ENOENT, "x"), ValueError("x"), None])
def test_other_failures_are_not(error):
    assert not storing.is_trouble(error)


def test_a_result_that_finds_no_room_fails_uncharged(alice, no_worker, monkeypatch):
    job_id = alice.post(prefer="respond-async").json()["job_id"]
    monkeypatch.setattr(storing, "save", _full)
    jobs.perform(job_id)
    job = Job.objects.get(pk=job_id)
    assert (job.state, job.error_code, alice.balance) == ("failed", failures.NO_ROOM, 10_000)


def test_an_upload_that_finds_no_room_is_503_to_be_tried_again(alice, no_worker, monkeypatch):
    monkeypatch.setattr(storing, "save", _full)
    response = alice.post()
    assert (response.status_code, response["Retry-After"], alice.balance) == (503, "5", 10_000)


def _full(*_args):
    raise OSError(errno.ENOSPC, "No space left on device")
