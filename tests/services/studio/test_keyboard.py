"""Working by keyboard alone: where the focus goes, what the keys do, and what is heard of it."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("books")]


def _press(at, name: str) -> None:
    """A button, by the Enter key."""
    at.page.get_by_role("button", name=name).press("Enter")


def test_the_focus_goes_from_a_sample_to_the_picture(desk):
    at = desk()
    _press(at, "Sample 1: ball")
    at.hears("ball.jpg is open")
    expect(at.canvas).to_be_focused()


def test_the_focus_goes_from_the_chosen_file_to_the_picture(desk, disc_file):
    at = desk()
    at.page.locator("#file").focus()
    at.open(disc_file)
    expect(at.canvas).to_be_focused()


def test_the_focus_stays_at_the_top_where_a_link_opens_a_sample(desk):
    at = desk("extract&sample=ball")
    at.hears("ball.jpg is open")
    assert at.page.evaluate("document.activeElement === document.body")


def test_the_focus_goes_from_going_on_to_the_picture(finished):
    _press(finished, "Go on with the result")
    finished.hears("disc-cut-out.png is open")
    expect(finished.canvas).to_be_focused()


def test_the_focus_stays_where_it_went_during_a_run(desk, disc_file):
    at = desk()
    at.open(disc_file)
    at.run_button.press("Enter")
    at.page.get_by_label("A colour").focus()
    at.hears("Done, 3 credits.")
    expect(at.page.get_by_label("A colour")).to_be_focused()


def test_the_focus_goes_to_the_next_mark_and_at_last_to_the_picture(extracting):
    at = extracting
    for place in ((100, 160), (160, 160), (400, 40)):
        at.click(place)
    _press(at, "Delete point 2")
    expect(at.page.get_by_role("button", name="Delete point 2")).to_be_focused()
    at.page.keyboard.press("Enter")
    expect(at.page.get_by_role("button", name="Delete point 1")).to_be_focused()
    at.page.keyboard.press("Enter")
    expect(at.marks).to_have_count(0)
    expect(at.canvas).to_be_focused()


def test_undo_and_redo_keep_the_focus_when_nothing_is_left_to_do(extracting):
    at = extracting
    at.click((160, 160))
    for name, count in (("Undo", 0), ("Redo", 1)):
        button = at.page.get_by_role("button", name=name)
        expect(button).to_be_enabled()
        button.press("Enter")
        expect(at.marks).to_have_count(count)
        expect(button).to_be_disabled()
        expect(button).to_be_focused()


def test_the_focus_leaves_the_button_that_undoing_disables(painting):
    at = painting
    at.drag([(100, 100), (220, 200)])
    at.run_button.press("Control+z")
    at.hears("Nothing is marked.")
    expect(at.canvas).to_be_focused()


@pytest.mark.parametrize("hand", ["extracting", "painting"])
def test_the_marks_behind_a_result_are_out_of_reach(request, hand):
    at = request.getfixturevalue(hand)
    at.drag([(100, 100), (220, 200)])
    at.run()
    for name in ("Undo", "Redo", "Clear"):
        expect(at.page.get_by_role("button", name=name)).to_have_count(0)


def test_the_marks_are_there_again_to_edit(extracting):
    at = extracting
    at.click((160, 160))
    at.run()
    at.page.get_by_role("button", name="Edit again").press("Enter")
    expect(at.marks).to_have_count(1)
    expect(at.page.get_by_role("button", name="Clear")).to_be_visible()


def test_arrows_on_the_picture_move_the_line_of_a_result(finished):
    finished.press("ArrowLeft", "ArrowLeft", "ArrowRight")
    expect(finished.page.get_by_label("Before and after")).to_have_value("45")


def test_delete_removes_the_point_nearest_to_the_crosshair(extracting):
    at = extracting
    at.press("Shift+ArrowLeft", "Enter", *["Shift+ArrowRight"] * 4, "Enter")
    expect(at.marks).to_have_count(2)
    kept = at.marks.nth(1).text_content() or ""
    at.press(*["Shift+ArrowLeft"] * 4, "Delete")
    expect(at.marks).to_have_text([kept])


@pytest.mark.parametrize("way", ["Clear", "Undo", "Delete point 1"])
def test_it_is_heard_that_no_mark_is_left(extracting, way):
    at = extracting
    at.click((160, 160))
    at.hears("Mask found")
    _press(at, way)
    at.hears("Nothing is marked.")


def test_it_is_heard_that_a_box_is_given_up(extracting):
    at = extracting
    at.press("Shift+ArrowLeft", "x", "ArrowRight")
    at.hears("First corner of the box.")
    at.press("Escape")
    at.hears("The box is given up.")
    expect(at.marks).to_have_count(0)


def test_clear_gives_up_a_box_that_is_half_done(extracting):
    at = extracting
    at.press("Shift+ArrowLeft", "x", "ArrowRight")
    at.page.get_by_role("button", name="Clear").press("Enter")
    at.hears("The box is given up.")
    at.press("Shift+ArrowRight", "x")
    at.hears("First corner of the box.")
