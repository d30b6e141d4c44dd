"""What comes as a file: only its bytes count, and nothing of it stays behind."""

import tempfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from services.uploads import SizeLimitHandler, UploadLimits
from tests.conftest import SERVICE
from tests.pictures import picture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]


def send(customer, *files, **fields):
    body = {"file": list(files), **fields}
    return customer.api.post(SERVICE, body, format="multipart")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.jpg", "image/jpeg"), ("a.txt", "text/plain"), ("a", ""), ("../../a.exe", "x/y")],
)
def test_neither_name_nor_type_matters(alice, name, kind):
    file = SimpleUploadedFile(name, picture("PNG"), kind)
    assert send(alice, file).json()["status"] == "completed"


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_reads_the_documented_types(alice, format):
    assert alice.post(picture(format)).json()["status"] == "completed"


def test_tells_the_name_the_client_gave(alice):
    file = SimpleUploadedFile("büro 1.png", picture())
    assert send(alice, file).json()["result"]["input_filename"] == "büro 1.png"


@pytest.mark.parametrize(("more", "is_taken"), [(5, True), (6, False)])
def test_a_file_may_have_as_many_bytes_as_the_limit_in_all_its_chunks(more, is_taken):
    handler = SizeLimitHandler()
    handler.limits = UploadLimits(10, skips_large=True)
    assert (handler.receive_data_chunk(bytes(more), 5) is not None) == is_taken


def test_several_files_are_422(alice):
    files = [SimpleUploadedFile(f"{n}.png", picture()) for n in range(2)]
    detail = send(alice, *files).json()["detail"][0]
    assert (detail["loc"], "batch" in detail["msg"]) == (["body", "file"], True)


def test_a_text_field_is_no_file(alice):
    response = alice.api.post(SERVICE, {"file": "photo.jpg"}, format="multipart")
    assert response.json()["detail"][0]["type"] == "value_error.missing"


def test_an_option_may_come_in_the_form(alice):
    file = SimpleUploadedFile("a.png", picture())
    assert send(alice, file, quality="fast").json()["status"] == "completed"


def test_a_wrong_option_in_the_form_is_named_there(alice):
    response = send(alice, SimpleUploadedFile("a.png", picture()), quality="superb")
    assert response.json()["detail"][0]["loc"] == ["body", "quality"]


@pytest.fixture
def temporary(settings, tmp_path, monkeypatch) -> Path:
    """Where large uploads are spooled; every upload counts as large."""
    folder = tmp_path / "spool"
    folder.mkdir()
    settings.FILE_UPLOAD_TEMP_DIR = str(folder)
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 0
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_a_spooled_upload_is_served(alice, temporary):
    assert alice.post().json()["status"] == "completed"


@pytest.mark.parametrize("data", [picture(), b"hello", bytes(26 * 2**20)], ids=len)
def test_no_temporary_file_stays(alice, temporary, data):
    alice.post(data)
    assert list(temporary.iterdir()) == []
