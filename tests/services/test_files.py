"""Signed links to results."""

import errno
import time
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from services import files
from services.models import Job
from tests.pictures import picture
from tests.racing import move_clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker")]


@pytest.fixture
def link(alice) -> str:
    return alice.post().json()["result"]["output_url"].removeprefix("http://testserver")


@pytest.fixture
def whole(client, link) -> bytes:
    return b"".join(client.get(link).streaming_content)


@pytest.fixture
def get(client):
    """Gets a link and closes what was answered, as a server does."""
    answered = []

    def get_and_remember(link, **options):
        answered.append(client.get(link, **options))
        return answered[-1]

    yield get_and_remember
    for response in answered:
        response.close()


def test_needs_no_key(get, link):
    assert get(link).status_code == 200


def test_a_slash_at_the_end_changes_nothing(get, link):
    assert get(link.replace("?", "/?")).status_code == 200


def test_is_absolute(alice):
    assert alice.post().json()["result"]["output_url"].startswith("http://testserver/v1/files/")


def test_follows_the_public_address_where_it_is_set(alice, settings):
    settings.PUBLIC_URL = "https://api.example.com"
    assert alice.post().json()["result"]["output_url"].startswith("https://api.example.com/v1/")


def test_describes_the_picture(get, link):
    response = get(link)
    found = response["Content-Type"], int(response["Content-Length"])
    assert found == ("image/png", len(b"".join(response.streaming_content)))


def test_any_changed_character_of_the_signature_is_403(get, link):
    path, _, signature = link.partition("sig=")
    for index, character in enumerate(signature):
        other = "0" if character != "0" else "1"
        changed = f"{path}sig={signature[:index]}{other}{signature[index + 1 :]}"
        assert get(changed).status_code == 403


@pytest.mark.parametrize("expires", ["0", "-1", "1e99", "", "x", "9" * 400, "٣"])
def test_a_changed_expiry_is_403(get, link, expires):
    path, _, rest = link.partition("expires=")
    changed = f"{path}expires={expires}&{rest.partition('&')[2]}"
    assert get(changed).status_code == 403


@pytest.mark.parametrize("query", ["", "?expires=1", "?sig=é", "?sig=1&expires=1"])
def test_a_link_without_its_parts_is_403(get, link, query):
    assert get(link.partition("?")[0] + query).status_code == 403


def test_another_jobs_signature_is_403(alice, get, link):
    other = alice.post().json()["result"]["output_url"].partition("?")[0]
    assert get(f"{other}?{link.partition('?')[2]}").status_code == 403


def test_an_expired_link_is_403_with_its_own_words(get, link, settings):
    settings.URL_TTL_S = -10
    expired = files.signed_path(Job.objects.get())
    assert "expired" in get(expired).json()["detail"]


def test_a_rotated_signing_key_still_opens_old_links(get, link, settings):
    settings.SIGNING_KEYS = ["new", *settings.SIGNING_KEYS]
    assert get(link).status_code == 200


def test_a_signing_key_that_was_taken_away_opens_nothing(get, link, settings):
    settings.SIGNING_KEYS = ["new"]
    assert get(link).status_code == 403


def test_a_purged_result_is_410(get, link):
    Job.objects.update(purge_at=timezone.now() - timedelta(seconds=1))
    files.purge_expired()
    assert get(link).status_code == 410


class Away:
    """A storage that does not open what it has."""

    def open(self, _name):
        raise OSError(errno.EIO, "Input/output error")


def test_a_result_that_cannot_be_read_now_is_503(get, link, monkeypatch):
    monkeypatch.setattr(files, "default_storage", Away())
    response = get(link)
    assert (response.status_code, response["Retry-After"]) == (503, "5")


def test_a_result_that_cannot_be_read_now_is_said_to_cost_nothing_more(get, link, monkeypatch):
    monkeypatch.setattr(files, "default_storage", Away())
    assert "without a new charge" in get(link).json()["detail"]


def test_purging_deletes_upload_and_result(link):
    job = Job.objects.get()
    Job.objects.update(purge_at=timezone.now() - timedelta(seconds=1))
    files.purge_expired()
    names = [job.input_name, job.result_name]
    assert [default_storage.exists(name) for name in names] == [False, False]


@pytest.fixture
def undeletable(alice) -> Job:
    """Two jobs are due; the upload of this one has become a folder with something in it."""
    alice.post()
    alice.post()
    Job.objects.update(purge_at=timezone.now() - timedelta(seconds=1))
    job = Job.objects.earliest("created_at")
    default_storage.delete(job.input_name)
    default_storage.save(f"{job.input_name}/x", ContentFile(b"x"))
    return job


@pytest.mark.in_process("only in a folder can a file be one that is not deleted")
def test_files_that_cannot_be_deleted_keep_no_others(undeletable):
    assert files.purge_expired() == 1
    assert Job.objects.get(purged_at=None) == undeletable


@pytest.mark.in_process("only in a folder can a file be one that is not deleted")
def test_files_that_could_not_be_deleted_are_tried_again_in_an_hour(undeletable):
    files.purge_expired()
    due_at = Job.objects.get(purged_at=None).purge_at
    assert due_at and timedelta(minutes=59) < due_at - timezone.now() < timedelta(minutes=61)


@pytest.mark.in_process("only in a folder can a file be one that is not deleted")
def test_files_that_cannot_be_deleted_change_nobody_elses_time(undeletable, alice):
    alice.post()
    later = Job.objects.latest("created_at")
    files.purge_expired()
    assert Job.objects.get(pk=later.pk).purge_at == later.purge_at


def test_nothing_is_purged_before_its_time(link):
    assert files.purge_expired() == 0


@pytest.mark.in_process("winds the clock of the process")
def test_a_process_whose_clock_is_days_ahead_purges_nothing_before_its_time(link, monkeypatch):
    move_clock(monkeypatch, 3 * 86_400)
    assert files.purge_expired() == 0


@pytest.mark.in_process("winds the clock of the process")
def test_what_a_worker_finished_whose_clock_is_days_behind_is_kept_as_long(alice, monkeypatch):
    with monkeypatch.context() as there:
        move_clock(there, -3 * 86_400)
        alice.post()
    assert files.purge_expired() == 0


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        ("bytes=0-9", 0, 9),
        ("bytes=5-", 5, None),
        ("bytes=-4", -4, None),
        ("bytes=0-99999999", 0, None),
    ],
)
def test_a_range_gives_those_bytes(get, link, whole, wanted, first, last):
    response = get(link, headers={"Range": wanted})
    expected = whole[first:] if last is None else whole[first : last + 1]
    assert b"".join(response.streaming_content) == expected


def test_a_range_is_206_and_says_which(get, link, whole):
    response = get(link, headers={"Range": "bytes=0-9"})
    found = response.status_code, response["Content-Range"]
    assert found == (206, f"bytes 0-9/{len(whole)}")


@pytest.mark.parametrize("wanted", ["bytes={}-", "bytes=-{}", "bytes=0-{}", "bytes={}-0"])
def test_a_range_of_more_digits_than_a_file_has_bytes_is_no_range(get, link, wanted):
    assert get(link, headers={"Range": wanted.format("9" * 5000)}).status_code == 200


@pytest.mark.parametrize("wanted", ["bytes=99999999-", "bytes=-0", "bytes=9-5"])
def test_a_range_outside_is_416(get, link, wanted):
    assert get(link, headers={"Range": wanted}).status_code == 416


def test_the_same_etag_is_304(get, link):
    etag = get(link)["ETag"]
    assert get(link, headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("tags", ["W/{}", '"other", {}', '"other", W/{}', "*"])
def test_any_tag_of_the_file_finds_it_unchanged(link, get, tags):
    tags = tags.format(get(link)["ETag"])
    assert get(link, headers={"If-None-Match": tags}).status_code == 304


def test_another_tag_has_the_file_sent(link, get):
    assert get(link, headers={"If-None-Match": '"other"'}).status_code == 200


def test_an_unchanged_file_is_told_of_as_what_it_is(link, get):
    whole = get(link)
    unchanged = get(link, headers={"If-None-Match": whole["ETag"]})
    names = ["Content-Type", "Content-Length"]
    assert [unchanged[name] for name in names] == [whole[name] for name in names]


def test_head_describes_without_a_body(client, link, whole):
    response = client.head(link)
    response.close()
    assert (response.status_code, int(response["Content-Length"])) == (200, len(whole))


def test_a_link_lives_an_hour(link):
    expires = int(link.partition("expires=")[2].partition("&")[0])
    assert abs(expires - time.time() - 3600) < 30


def test_a_hostile_file_name_cannot_leave_its_header(alice, get):
    from django.core.files.uploadedfile import SimpleUploadedFile

    from tests.conftest import SERVICE

    file = SimpleUploadedFile('a"; x=\r\nSet-Cookie: y.png', picture())
    url = alice.api.post(SERVICE, {"file": file}, format="multipart").json()["result"]["output_url"]
    assert "Set-Cookie" not in get(url).headers
