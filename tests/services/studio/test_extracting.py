"""Pointing at things in a browser, by mouse and by keyboard, over small graphs."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.pictures import encoded

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("books")]


def test_an_object_is_extracted_by_keyboard_alone(extracting):
    at = extracting
    at.press("Shift+ArrowLeft", "Shift+ArrowLeft", "ArrowLeft", "Enter")
    at.hears("Mask found, 13 % of the picture.")
    at.press("Tab")
    for _ in range(20):
        if at.page.evaluate("document.activeElement.id") == "run":
            break
        at.page.keyboard.press("Tab")
    at.page.keyboard.press("Enter")
    at.hears("Done, 2 credits.")
    expect(at.page.locator("#download")).to_be_focused()
    expect(at.page.locator("#standing")).to_have_text("98 credits left")


def test_a_box_is_drawn_by_keyboard(extracting):
    at = extracting
    at.press("Shift+ArrowLeft", "Shift+ArrowUp", "x")
    at.hears("First corner")
    at.press("Shift+ArrowDown", "Shift+ArrowDown", "Shift+ArrowRight", "x")
    expect(at.marks).to_have_count(1)
    expect(at.marks).to_contain_text("Box of")


def test_a_point_is_moved_by_dragging_and_deleted_by_its_button(extracting):
    at = extracting
    at.click((160, 160))
    expect(at.marks).to_contain_text("Keep at 160, 160")
    at.drag([(160, 160), (180, 170)])
    expect(at.marks).to_contain_text("Keep at 180, 170")
    at.page.get_by_role("button", name="Delete point 1").click()
    expect(at.marks).to_have_count(0)


def test_a_right_click_leaves_out(extracting):
    extracting.click((400, 40), "right")
    expect(extracting.marks).to_contain_text("Leave out at 400, 40")


def test_a_tap_leaves_out_where_that_is_chosen(extracting):
    extracting.page.get_by_label("Leaves it out").check()
    extracting.click((400, 40))
    expect(extracting.marks).to_contain_text("Leave out at 400, 40")


def test_it_is_told_that_something_to_keep_has_to_be_marked(extracting):
    extracting.click((400, 40), "right")
    extracting.hears("Mark what is to be kept as well.")


def test_points_are_undone_and_redone(extracting):
    at = extracting
    at.click((160, 160))
    at.press("Control+z")
    expect(at.marks).to_have_count(0)
    at.press("Control+Shift+z")
    expect(at.marks).to_have_count(1)


def test_the_mask_is_tinted_over_the_picture(extracting):
    at = extracting
    at.click((160, 160))
    at.hears("Mask found")
    red, green, blue = at.shown((130, 160))
    assert (red < 230, blue > red, at.shown((400, 160))) == (True, True, (0, 0, 0))


def test_everything_but_the_object_can_be_had(extracting):
    at = extracting
    at.click((160, 160))
    at.hears("Mask found")
    at.page.get_by_label("Invert").check()
    at.run()
    opacity = at.download().getchannel("A")
    assert (opacity.getpixel((160, 160)), opacity.getpixel((400, 160))) == (0, 255)


def test_everything_but_the_object_is_cut_at_full_size(extracting):
    at = extracting
    at.click((160, 160))
    at.hears("Mask found")
    at.page.get_by_label("Invert").check()
    at.run()
    recipe = at.page.locator("#curl").text_content()
    assert "edges=fine&invert=true" in recipe and "mask=" not in recipe


def test_nothing_found_is_told(desk, tmp_path, alice):
    (tmp_path / "black.png").write_bytes(encoded(Image.new("RGB", (400, 300))))
    at = desk("extract")
    at.open(tmp_path / "black.png")
    at.drag([(20, 20), (60, 60)])
    expect(at.problem).to_contain_text("You were not charged.")
    expect(at.run_button).to_be_disabled()


# Holds the first copy of a picture back until it is asked for.
SLOW_COPY = """() => {
  const make = HTMLCanvasElement.prototype.toBlob;
  HTMLCanvasElement.prototype.toBlob = function (...how) {
    HTMLCanvasElement.prototype.toBlob = make;
    window.goOn = () => make.apply(this, how);
  };
}"""


def test_a_picture_opened_during_a_look_is_looked_at_itself(extracting, tmp_path):
    at = extracting
    at.page.evaluate(SLOW_COPY)
    at.click((160, 160))
    expect(at.marks).to_have_count(1)
    (tmp_path / "wide.png").write_bytes(encoded(Image.new("RGB", (400, 100), "white")))
    at.open(tmp_path / "wide.png")
    expect(at.marks).to_have_count(0)
    at.click((200, 50))
    with at.page.expect_request("**/studio/preview*") as asked:
        at.page.evaluate("window.goOn()")
    [points] = parse_qs(urlsplit(asked.value.url).query)["points"]
    assert json.loads(points) == [[pytest.approx(200, abs=2), pytest.approx(50, abs=2)]]
