"""What is dropped and pasted in a browser: opened, handed to the field it fell on, or refused in words."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.browsing import NARROW
from tests.pictures import disc, encoded
from tests.services.studio.desk import Desk

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("books")]

ONLY_PICTURES = "Only a picture can be dropped or pasted here: a JPEG, PNG or WebP file."
SAVE_IT_FIRST = (
    "Addresses of pictures cannot be opened. Save the picture first, then drop the file: "
    "JPEG, PNG or WebP."
)
IMAGE = "https://pictures.example/cat.jpg"

# As a browser hands over what was copied; true where the page left it to the browser.
_PASTE = """({ text, name, type, bytes, into }) => {
  const clipboardData = new DataTransfer();
  if (text) clipboardData.setData("text/plain", text);
  if (name) clipboardData.items.add(new File([atob(bytes)], name, { type }));
  const options = { bubbles: true, cancelable: true, clipboardData };
  return document.querySelector(into ?? "body").dispatchEvent(new ClipboardEvent("paste", options));
}"""


def drop(at: Desk, on: str, *files: Path, **kinds: str) -> None:
    """By the browser itself, as from a file manager or from another page."""
    frame = at.page.locator(on).bounding_box()
    assert frame
    items = [{"mimeType": kind.replace("_", "/"), "data": data} for kind, data in kinds.items()]
    data: dict[str, Any] = {"items": items, "dragOperationsMask": 1}
    if files:
        data["files"] = [str(file) for file in files]
    place = {"x": frame["x"] + frame["width"] / 2, "y": frame["y"] + frame["height"] / 2}
    hand = at.page.context.new_cdp_session(at.page)
    for kind in ("dragEnter", "dragOver", "drop"):
        hand.send("Input.dispatchDragEvent", {"type": kind, "data": data, **place})


@pytest.fixture
def notes(tmp_path) -> Path:
    path = tmp_path / "notes.txt"
    path.write_text("Buy milk.")
    return path


@pytest.fixture
def other_file(tmp_path) -> Path:
    """A picture of another size than the disc's."""
    path = tmp_path / "other.png"
    path.write_bytes(encoded(disc(200, 100)))
    return path


def test_dropped_text_is_refused_in_words(desk):
    at = desk()
    drop(at, "#drop", text_plain="Buy milk.")
    expect(at.problem).to_have_text(ONLY_PICTURES)


def test_a_picture_dragged_from_another_page_is_to_be_saved_first(desk):
    at = desk()
    drop(at, "#drop", **{"text_uri-list": IMAGE, "text_html": f'<img src="{IMAGE}">'})
    expect(at.problem).to_have_text(SAVE_IT_FIRST)


@pytest.mark.parametrize(("text", "words"), [("Buy milk.", ONLY_PICTURES), (IMAGE, SAVE_IT_FIRST)])
def test_pasted_text_is_refused_in_words(desk, text, words):
    at = desk()
    at.page.evaluate(_PASTE, {"text": text})
    expect(at.problem).to_have_text(words)


def test_a_pasted_file_that_is_no_picture_is_refused_in_words(desk):
    at = desk()
    bytes = base64.b64encode(b"Buy milk.").decode()
    at.page.evaluate(_PASTE, {"name": "notes.txt", "type": "text/plain", "bytes": bytes})
    expect(at.problem).to_have_text("This is not a JPEG, PNG or WebP picture.")


def test_text_is_pasted_and_dropped_into_fields_as_ever(desk):
    at = desk()
    at.page.evaluate(
        "document.querySelector('main').prepend(Object.assign(document.createElement('input'),"
        " { id: 'typed' }))"
    )
    assert at.page.evaluate(_PASTE, {"text": "Buy milk.", "into": "#typed"})
    drop(at, "#typed", text_plain="Buy bread.")
    expect(at.page.locator("#typed")).to_have_value("Buy bread.")
    expect(at.problem).to_be_hidden()


def test_of_two_files_the_first_picture_is_opened_and_that_is_said(desk, notes, disc_file):
    at = desk()
    drop(at, "#drop", notes, disc_file)
    at.hears("disc.png is open, 480 by 320 pixels. 2 files: the first picture was opened.")
    expect(at.page.locator("#status")).to_have_text("2 files: the first picture was opened.")


def test_a_refusal_is_in_sight_on_a_phone(desk):
    at = desk()
    at.page.set_viewport_size(NARROW)
    at.page.evaluate(_PASTE, {"text": "Buy milk."})
    expect(at.problem).to_have_text(ONLY_PICTURES)
    message = at.problem.bounding_box()
    navigation = at.page.locator(".side").bounding_box()
    assert message and navigation
    assert 0 <= message["y"] < message["y"] + message["height"] <= navigation["y"]


@pytest.mark.parametrize("on", ["#ground-file", "[for=ground-file]"])
def test_a_file_dropped_on_a_field_is_the_fields(finished, other_file, on):
    at = finished
    at.page.get_by_label("Another picture").check()
    drop(at, on, other_file)
    expect(at.page.locator("#ground-file")).to_have_value("C:\\fakepath\\other.png")
    expect(at.page.locator("#result")).to_be_visible()
    assert at.download().size == (480, 320)


def test_of_two_files_on_a_field_the_first_picture_is_taken(finished, notes, other_file):
    at = finished
    at.page.get_by_label("Another picture").check()
    drop(at, "#ground-file", notes, other_file)
    expect(at.page.locator("#ground-file")).to_have_value("C:\\fakepath\\other.png")
    at.hears("2 files: the first picture was opened.")


@pytest.fixture
def held(desk, disc_file) -> Iterator[Desk]:
    """A run under way whose request is on its way; it goes on at the end."""
    at = desk()
    at.open(disc_file)
    requests: list[Route] = []
    at.page.route("**/v1/services/**", lambda route: requests.append(route))
    with at.page.expect_request("**/v1/services/**"):
        at.run_button.click()
    yield at
    [request] = requests
    request.continue_()
    expect(at.page.locator("#result")).to_be_visible(timeout=30_000)
    expect(at.problem).to_be_hidden()


def test_a_picture_given_during_a_run_has_to_wait(held, other_file):
    drop(held, "#canvas", other_file)
    expect(held.problem).to_have_text(
        "A run is under way. Wait for its end, then open another picture."
    )


def test_a_wrong_file_to_lie_behind_does_not_hide_how_far_the_run_is(held, notes):
    held.page.get_by_label("Another picture").check()
    held.page.get_by_label("Picture behind").set_input_files(notes)
    expect(held.problem).to_have_text("This is not a JPEG, PNG or WebP picture.")
    expect(held.page.get_by_role("progressbar")).to_be_visible()
