"""Headers of a form's parts as clients write them: a file is taken whatever its name is."""

import base64
from urllib.parse import quote

import pytest

from tests.conftest import BATCH, SERVICE
from tests.pictures import picture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]

FORM = "multipart/form-data; boundary=line"
PHOTO = picture()


def part(disposition: bytes, content: bytes = PHOTO) -> bytes:
    head = b"--line\r\nContent-Disposition: form-data; " + disposition
    return head + b"\r\n\r\n" + content + b"\r\n"


def post(customer, *parts: bytes, path: str = SERVICE):
    return customer.api.generic("POST", path, b"".join(parts) + b"--line--\r\n", FORM)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("büro 1.png".encode("latin-1"), "büro 1.png"),
        ("büro 1.png".encode(), "büro 1.png"),
        ("日本.png".encode(), "日本.png"),
    ],
)
def test_a_name_may_be_written_in_utf_8_or_latin_1(alice, written, told):
    answer = post(alice, part(b'name="file"; filename="' + written + b'"'))
    assert answer.json()["result"]["input_filename"] == told


@pytest.mark.parametrize("encoding", ["shift-jis", "gbk", "big5"])
def test_a_name_in_any_other_charset_keeps_no_picture_back(alice, encoding):
    name = "日本.png".encode(encoding)
    answer = post(alice, part(b'name="file"; filename="' + name + b'"'))
    assert answer.json()["status"] == "completed"


def test_a_long_name_may_be_written_twice_as_dotnet_does(alice):
    name = "写" * 80 + ".png"
    plain = base64.b64encode(name.encode()).decode()
    disposition = f"name=file; filename=\"=?utf-8?B?{plain}?=\"; filename*=utf-8''{quote(name)}"
    answer = post(alice, part(disposition.encode()))
    assert answer.json()["result"]["input_filename"] == name


def test_a_header_without_end_is_400(alice):
    answer = post(alice, part(b'name="file"; filename="' + b"x" * 5000 + b'.png"'))
    assert (answer.status_code, "header size" in answer.json()["detail"]) == (400, True)


@pytest.mark.parametrize("name", [b".", b"..", b"", b"a/", b"C:\\\\photos\\\\", b"../.."])
def test_a_file_without_a_name_worth_it_is_called_file(alice, name):
    answer = post(alice, part(b'name="file"; filename="' + name + b'"'))
    assert answer.json()["result"]["input_filename"] == "file"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_without_any_file_name_is_a_file_called_file(alice, kind):
    answer = post(alice, part(b'name="file"', picture(kind)))
    assert answer.json()["result"]["input_filename"] == "file"


def test_a_picture_without_a_name_is_taken_by_the_vendors_too(alice):
    answer = post(alice, part(b'name="image_file"'), path="/v1.0/removebg")
    assert answer["Content-Type"] == "image/png"


def test_an_option_that_begins_as_pictures_do_stays_a_text(alice):
    parts = part(b'name="image_file"; filename="a.png"'), part(b'name="bg_color"', b"BM")
    answer = post(alice, *parts, path="/v1.0/removebg")
    assert answer.json()["errors"][0]["code"] == "invalid_bg_color"


def test_an_empty_field_of_a_page_s_form_is_no_file(alice):
    answer = post(alice, part(b'name="file"; filename=""', b""))
    assert answer.json()["detail"][0]["msg"] == "field required"


def test_an_empty_file_called_dot_is_told_to_be_empty(alice):
    answer = post(alice, part(b'name="file"; filename="."', b""))
    assert answer.json()["detail"][0]["msg"] == "The file is empty."


def test_a_batch_takes_files_in_whatever_charset_their_names_are(alice):
    names = [name.encode("latin-1") for name in ("größe.png", "café.png")]
    parts = [part(b'name="files"; filename="' + name + b'"') for name in names]
    results = post(alice, *parts, path=BATCH).json()["results"]
    assert [result["input_filename"] for result in results] == ["größe.png", "café.png"]


def test_a_part_that_has_no_end_of_headers_is_passed_over(alice):
    answer = post(alice, b"--line\r\nContent-Disposition: form-data; \xff\r\n")
    assert answer.json()["detail"][0]["msg"] == "field required"
