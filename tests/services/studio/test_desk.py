"""The page at work in a browser, over small graphs: mouse, keyboard, fingers, and what goes wrong."""

import base64
import re
import shlex
import subprocess

import pytest
from playwright.sync_api import expect

from tests.browsing import NARROW
from tests.pages.test_every_page import overhang
from tests.pictures import opened, picture

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("books")]

ACCEPTED = "accepted are JPEG, PNG and WebP. Save it as one of them first."
#: The beginning of what an iPhone takes.
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"

# Hands a file to the page as a drop or a paste does.
_TRANSFER = """([kind, text]) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], "given.png", { type: "image/png" }));
  const options = { bubbles: true, cancelable: true, dataTransfer: transfer, clipboardData: transfer };
  const Kind = kind === "paste" ? ClipboardEvent : DragEvent;
  document.body.dispatchEvent(new Kind(kind, options));
}"""


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_a_picture_can_be_given(desk, disc_file, kind):
    at = desk()
    text = base64.b64encode(disc_file.read_bytes()).decode()
    at.page.evaluate(_TRANSFER, [kind, text])
    at.hears("given.png is open, 480 by 320 pixels.")


def test_a_sample_and_a_tool_stand_in_the_address(desk):
    at = desk("extract")
    at.page.get_by_role("button", name="Sample 1: ball").click()
    at.hears("ball.jpg is open")
    assert at.page.url.endswith("?tool=extract&sample=ball")
    at.page.reload()
    at.hears("ball.jpg is open")


def test_the_line_between_before_and_after_moves_by_keyboard(finished):
    at = finished
    slider = at.page.get_by_label("Before and after")
    slider.press("Home")
    assert at.shown((20, 20)) != (0, 0, 0)
    slider.press("End")
    assert at.shown((470, 20)) == (0, 0, 0)


def test_the_original_is_seen_while_a_button_is_held(finished):
    at = finished
    at.page.get_by_label("Before and after").press("Home")
    button = at.page.get_by_role("button", name="Hold to see the original")
    button.hover()
    at.page.mouse.down()
    assert at.shown((20, 20)) == (0, 0, 0)
    at.page.mouse.up()
    assert at.shown((20, 20)) != (0, 0, 0)


def test_another_ground_needs_no_other_run(finished, alice):
    at = finished
    at.page.get_by_label("A colour").check()
    at.page.get_by_role("button", name="Mint").click()
    picture = at.download()
    assert picture.getpixel((470, 20)) == (169, 214, 196, 255)
    assert alice.balance == 10_000 - 300


def test_the_second_curl_line_makes_the_picture_on_its_colour(finished, alice, disc_file):
    at = finished
    at.page.get_by_label("A colour").check()
    at.page.get_by_role("button", name="Mint").click()
    at.page.get_by_text("The same by curl").click()
    text = (
        at.page.locator("#curl").inner_text().replace(f"{alice.plaintext[:12]}…", alice.plaintext)
    )
    words = shlex.split(text.split("in one request:\n")[1].replace("\\\n", " "))
    subprocess.run([*words, "-sf"], cwd=disc_file.parent, check=True, timeout=30)
    made = opened((disc_file.parent / "cut-out.png").read_bytes()).convert("RGB")
    assert made.getpixel((470, 20)) == (169, 214, 196)


def test_a_picture_behind_is_not_in_the_curl_line(finished, disc_file):
    at = finished
    at.page.get_by_label("Another picture").check()
    at.page.get_by_label("Picture behind").set_input_files(disc_file)
    at.page.get_by_text("The same by curl").click()
    expect(at.page.locator("#curl")).not_to_contain_text("in one request")


def test_a_picture_can_be_put_behind(finished, disc_file):
    at = finished
    at.page.get_by_label("Another picture").check()
    at.page.get_by_label("Picture behind").set_input_files(disc_file)
    expect(at.page.locator("#recipe")).to_be_visible()
    assert at.download().getpixel((470, 20)) == (0, 0, 0, 255)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("notes.png", b"not a picture", "This is not a JPEG, PNG or WebP picture."),
        ("cut.png", picture()[:100], "The picture cannot be read. It may be damaged."),
        ("phone.jpg", HEIC, f"The file is HEIC; {ACCEPTED}"),
        ("phone.heic", HEIC, f"The file is HEIC; {ACCEPTED}"),
        ("web.jpg", b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", f"The file is AVIF; {ACCEPTED}"),
        ("dance.png", b"GIF89a", f"The file is GIF; {ACCEPTED}"),
    ],
    ids=["notes", "cut off", "HEIC called JPEG", "HEIC", "AVIF called JPEG", "GIF called PNG"],
)
def test_a_file_that_cannot_be_worked_on_is_refused_in_words(desk, tmp_path, name, data, words):
    at = desk()
    (tmp_path / name).write_bytes(data)
    at.page.set_input_files("#file", tmp_path / name)
    expect(at.problem).to_have_text(words)


@pytest.mark.parametrize("name", ["photo", "photo.txt", "photo.jpg"])
def test_a_picture_is_opened_whatever_it_is_called(desk, tmp_path, name):
    at = desk()
    (tmp_path / name).write_bytes(picture())
    at.open(tmp_path / name)
    at.run()
    assert at.download().size == (96, 64)


def test_a_sample_that_cannot_be_fetched_is_told(desk, complaints):
    complaints.forgives.append("ERR_FAILED")
    at = desk()
    at.page.route("**/studio/samples/*", lambda route: route.abort())
    at.page.get_by_role("button", name="Sample 1").click()
    expect(at.problem).to_have_text("The sample could not be fetched. Try again.")


def test_missing_credits_lead_to_the_shop(desk, disc_file, bob, complaints):
    complaints.forgives.append("402")
    at = desk(user=bob.user)
    at.open(disc_file)
    at.run_button.click()
    expect(at.problem).to_contain_text("Insufficient credits. You were not charged.")
    expect(at.problem.get_by_role("link", name="Buy credits")).to_be_visible()


def test_an_ended_session_is_told(desk, disc_file, alice, complaints):
    complaints.forgives.append("401")
    at = desk()
    at.open(disc_file)
    at.page.context.clear_cookies(name="sessionid")
    at.run_button.click()
    expect(at.problem).to_contain_text("You are signed out by now.")
    expect(at.problem.get_by_role("link", name="Sign in")).to_be_visible()


def test_a_broken_connection_is_told(finished, complaints):
    complaints.forgives.append("ERR_INTERNET_DISCONNECTED")
    at = finished
    at.page.locator("#edit").click()
    at.page.context.set_offline(True)
    at.run_button.click()
    expect(at.problem).to_contain_text("The server could not be reached")


def test_visitors_try_until_their_tries_are_used(desk, disc_file, settings, complaints):
    complaints.forgives.append("429")
    settings.VISITOR_TRIES = 1
    at = desk(user=None)
    at.open(disc_file)
    expect(at.page.locator("#cost")).to_have_text("Free: one of your 1 tries.")
    at.run()
    at.page.locator("#edit").click()
    at.run_button.click()
    expect(at.problem).to_contain_text("The free tries of your network are used up")
    assert (
        at.problem.get_by_role("link", name="Sign up").get_attribute("href") == "/accounts/signup/"
    )


def test_visitors_send_a_small_picture(desk, tmp_path):
    (tmp_path / "large.png").write_bytes(picture(width=1500, height=300))
    at = desk(user=None)
    at.open(tmp_path / "large.png")
    at.hears("512 by 102 pixels")


def test_without_scripts_a_form_returns_the_cut_out(browse, worker, alice, disc_file):
    page = browse(alice.user, java_script_enabled=False)
    page.goto("/studio")
    page.locator("#plain-file").set_input_files(disc_file)
    page.get_by_role("button", name="Remove the background").click()
    address = page.locator("img.checkered").get_attribute("src")
    assert opened(page.request.get(address).body()).mode == "RGBA"


@pytest.mark.parametrize("tool", ["background", "extract", "remove"])
def test_a_tool_at_work_is_sound_in_both_themes_and_on_a_phone(desk, disc_file, tool, axe):
    at = desk(tool)
    at.open(disc_file)
    if tool != "background":
        at.drag([(100, 100), (220, 220)])
    at.run()
    at.page.get_by_text("The same by curl").click()
    assert axe(at.page) == []
    at.page.emulate_media(color_scheme="dark")
    assert axe(at.page, "color-contrast") == []
    at.page.set_viewport_size(NARROW)
    assert overhang(at.page) <= 0


def test_progress_has_numbers(desk, disc_file):
    at = desk()
    at.open(disc_file)
    at.page.evaluate(
        "new MutationObserver(() => (window.said ??= []).push(document.getElementById('status')"
        ".textContent)).observe(document.getElementById('status'), {childList: true})"
    )
    at.run()
    said = at.page.evaluate("window.said")
    assert any(re.fullmatch(r"Uploading \d+ %", text) for text in said)
    assert re.fullmatch(r"Done in \d+\.\d s, 3 credits\.", said[-1])
