"""Painting over things in a browser: strokes, keys, fingers, and the view they need."""

import shlex
import subprocess

import pytest
from playwright.sync_api import expect

from tests.pictures import picture

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("books")]


def test_a_stroke_is_painted_undone_and_redone(painting):
    at = painting
    at.drag([(100, 100), (220, 200)])
    expect(at.run_button).to_be_enabled()
    at.page.get_by_role("button", name="Undo").click()
    expect(at.run_button).to_be_disabled()
    at.press("Control+y")
    expect(at.run_button).to_be_enabled()


def test_the_eraser_takes_away_what_was_painted(painting):
    at = painting
    at.drag([(100, 100), (200, 100)])
    at.page.get_by_label("Eraser").check()
    at.press("]", "]", "]")
    at.drag([(90, 100), (210, 100)])
    at.hears("Nothing is marked.")


def test_a_lasso_marks_what_it_surrounds(painting):
    at = painting
    at.page.get_by_label("Lasso").check()
    at.drag([(0, 0), (240, 0), (240, 319), (0, 319)])
    at.hears("50 % of the picture is marked.")


def test_brackets_change_the_brush(painting):
    at = painting
    at.press("]")
    expect(at.page.locator("#size-value")).to_have_text("28 px")
    at.press("[", "[")
    expect(at.page.locator("#size-value")).to_have_text("18 px")


def test_an_object_is_painted_over_by_keyboard(painting):
    at = painting
    at.press("ArrowLeft", "Enter", "Shift+ArrowLeft", "Shift+ArrowLeft", "Enter")
    at.hears("of the picture is marked.")
    at.run()
    at.hears("Done, 3 credits.")


def test_the_curl_line_does_what_was_done(painting, alice, live_server, tmp_path):
    at = painting
    at.drag([(100, 100), (220, 200)])
    at.run()
    at.page.get_by_text("The same by curl").click()
    text = at.page.locator("#curl").inner_text()
    prefix = f"{alice.plaintext[:12]}…"
    assert prefix in text
    with at.page.expect_download() as got:
        at.page.get_by_role("link", name="Download mask.png").click()
    got.value.save_as(tmp_path / "mask.png")
    words = shlex.split(text.replace(prefix, alice.plaintext).replace("\\\n", " "))
    answer = subprocess.run(
        [*words, "-s"], cwd=tmp_path, capture_output=True, text=True, timeout=30
    )
    assert '"status":"completed"' in answer.stdout.replace(" ", "")


def test_the_wheel_zooms_at_the_pointer_and_space_moves(painting):
    at = painting
    x, y = at.place((160, 160))
    beside = at.shown((300, 160))
    at.page.mouse.move(x, y)
    for _ in range(4):
        at.page.mouse.wheel(0, -240)
    assert (beside, at.shown((300, 160))) == ((0, 0, 0), (255, 255, 255))
    at.canvas.focus()
    at.page.keyboard.down(" ")
    at.drag([(200, 160), (100, 160)])
    at.page.keyboard.up(" ")
    expect(at.run_button).to_be_disabled()


def test_two_fingers_zoom_and_draw_nothing(desk, disc_file):
    at = desk("remove", has_touch=True)
    at.open(disc_file)
    before = at.page.locator("#zoom").inner_text()
    touch = at.page.context.new_cdp_session(at.page)
    (x, y), ids = at.place((240, 160)), (1, 2)

    def fingers(kind: str, apart: float) -> None:
        points = [
            {"x": x + side * apart, "y": y, "id": i} for side, i in zip((-1, 1), ids, strict=True)
        ]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers("touchStart", 40)
    for apart in (60, 80, 120):
        fingers("touchMove", apart)
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(at.page.locator("#zoom")).not_to_have_text(before)
    expect(at.run_button).to_be_disabled()


def test_the_thinnest_brush_marks_something_on_a_large_picture(desk, tmp_path):
    path = tmp_path / "large.png"
    path.write_bytes(picture(width=12_000, height=600))
    at = desk("remove")
    at.open(path)
    at.press(*["["] * 40)
    at.drag([(3000, 303), (9000, 303)])
    expect(at.run_button).to_be_enabled()
