"""What comes between in a browser: pictures changed midway, servers that are away, late answers."""

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.pictures import disc, encoded

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("books")]

RUNNING = "A run is under way. Wait for its end, then open another picture."
# Holds one call back until the test says `goOn`: reading a picture, or writing one.
SLOW_READING = """() => {
  const make = window.createImageBitmap;
  window.createImageBitmap = async (...how) => {
    window.createImageBitmap = make;
    await new Promise((goOn) => { window.goOn = goOn; });
    return make(...how);
  };
}"""
SLOW_WRITING = """() => {
  const make = HTMLCanvasElement.prototype.toBlob;
  HTMLCanvasElement.prototype.toBlob = function (...how) {
    HTMLCanvasElement.prototype.toBlob = make;
    window.goOn = () => make.apply(this, how);
  };
}"""

# The server is asked and answers; what comes to the page is a proxy's word, or nothing.
LOSE_ANSWER = """(status) => {
  const send = XMLHttpRequest.prototype.send;
  XMLHttpRequest.prototype.send = function (body) {
    XMLHttpRequest.prototype.send = send;
    const { onload, onerror } = this;
    this.onload = () => {
      Object.defineProperties(this, { status: { value: status }, responseText: { value: "<h1>Bad gateway</h1>" } });
      if (status) onload(); else onerror();
    };
    send.call(this, body);
  };
}"""


def is_held(page: Page) -> None:
    """Waits until there is something to go on with; the page's policy keeps Playwright from it."""
    for _ in range(100):
        if page.evaluate("Boolean(window.goOn)"):
            return
        page.wait_for_timeout(50)
    raise AssertionError("nothing was held back")


@pytest.fixture
def other_file(tmp_path) -> Path:
    """A picture of another size than the disc's."""
    path = tmp_path / "other.png"
    path.write_bytes(encoded(disc(200, 100)))
    return path


def answering(page: Page, address: str, *states: int) -> None:
    """The first requests are answered with these states, the others by the server."""
    left = list(states)

    def answer(route: Route) -> None:
        if left:
            route.fulfill(status=left.pop(0), json={"detail": "Try again later."})
        else:
            route.continue_()

    page.route(address, answer)


@pytest.mark.parametrize("state", [429, 502, 503])
def test_a_server_that_is_away_for_a_moment_loses_no_result(desk, disc_file, complaints, state):
    complaints.forgives.append(str(state))
    at = desk()
    at.open(disc_file)
    answering(at.page, "**/v1/jobs/*", state)
    at.run()
    expect(at.problem).to_be_hidden()


def test_whoever_is_signed_out_during_a_run_is_not_told_that_it_was_free(
    desk, disc_file, complaints
):
    complaints.forgives.append("401")
    at = desk()
    at.open(disc_file)
    answering(at.page, "**/v1/jobs/*", 401)
    at.run_button.click()
    expect(at.problem).to_contain_text("The result is among your jobs.")
    expect(at.problem).not_to_contain_text("not charged")
    expect(at.problem.get_by_role("link", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("way", ["a broken connection", "a proxy's page"])
def test_a_run_whose_answer_is_lost_is_charged_once(desk, disc_file, alice, way):
    at = desk()
    at.open(disc_file)

    at.page.evaluate(LOSE_ANSWER, 502 if way == "a proxy's page" else 0)
    at.run()
    assert alice.balance == 10_000 - 300


def test_the_picture_stays_until_its_run_has_ended(desk, disc_file):
    at = desk()
    at.open(disc_file)
    requests: list[Route] = []
    at.page.route("**/v1/services/**", lambda route: requests.append(route))
    with at.page.expect_request("**/v1/services/**"):
        at.run_button.click()
    at.page.get_by_role("button", name="Another picture").click()
    expect(at.problem).to_have_text(RUNNING)
    requests[0].continue_()
    expect(at.page.locator("#result")).to_be_visible(timeout=30_000)


def test_a_run_does_not_begin_with_the_picture_that_is_about_to_go(desk, disc_file, other_file):
    at = desk()
    at.open(disc_file)
    at.page.evaluate(SLOW_READING)
    at.page.set_input_files("#file", other_file)
    at.run_button.click(force=True)
    at.page.evaluate("window.goOn()")
    at.hears("other.png is open")
    at.run()
    assert at.download().size == (200, 100)


def test_of_two_pictures_the_one_given_last_is_opened(desk, disc_file, other_file):
    at = desk()
    at.page.evaluate(SLOW_READING)
    at.page.set_input_files("#file", other_file)
    is_held(at.page)
    at.page.set_input_files("#file", disc_file)
    at.hears("disc.png is open")
    at.page.evaluate("window.goOn()")
    at.page.wait_for_timeout(200)
    at.run()
    assert at.download().size == (480, 320)


def test_a_ground_chosen_while_the_result_is_written_lies_behind_it(desk, disc_file):
    at = desk()
    at.open(disc_file)
    at.page.evaluate(SLOW_WRITING)
    at.run_button.click()
    is_held(at.page)
    at.page.get_by_label("A colour").check()
    at.page.get_by_role("button", name="Mint").click()
    at.page.evaluate("window.goOn()")
    expect(at.page.locator("#result")).to_be_visible(timeout=30_000)
    assert at.download().getpixel((470, 20)) == (169, 214, 196, 255)


def test_what_went_wrong_with_a_look_is_gone_with_the_next_mask(extracting, complaints):
    complaints.forgives.append("503")
    at = extracting
    answering(at.page, "**/studio/preview*", 503)
    at.click((160, 160))
    expect(at.problem).to_contain_text("Try again later.")
    at.click((170, 160))
    at.hears("Mask found")
    expect(at.problem).to_be_hidden()


def test_what_went_wrong_with_a_look_is_gone_with_its_mark(extracting, complaints):
    complaints.forgives.append("503")
    at = extracting
    answering(at.page, "**/studio/preview*", 503)
    at.click((160, 160))
    expect(at.problem).to_contain_text("Try again later.")
    at.page.get_by_role("button", name="Delete point 1").click()
    at.hears("Nothing is marked.")
    expect(at.problem).to_be_hidden()


@pytest.mark.parametrize(("size", "mark"), [((60, 9000), (30, 8000)), ((9000, 60), (8000, 30))])
def test_a_mark_on_a_long_picture_is_looked_at_where_it_was_put(desk, tmp_path, size, mark):
    (tmp_path / "long.png").write_bytes(encoded(Image.new("RGB", size, "white")))
    at = desk("extract")
    at.open(tmp_path / "long.png")
    with at.page.expect_request("**/studio/preview*") as asked:
        at.click(mark)
    [points] = parse_qs(urlsplit(asked.value.url).query)["points"]
    [[x, y]] = json.loads(points)
    copy = [max(1, round(side * 512 / 9000)) for side in size]
    wanted = [at * length / side for at, length, side in zip(mark, copy, size, strict=True)]
    assert [x, y] == pytest.approx(wanted, abs=2)


def test_a_picture_put_away_during_a_look_stops_no_later_one(extracting, disc_file):
    at = extracting
    requests: list[Route] = []
    at.page.route("**/studio/preview*", lambda route: requests.append(route), times=1)
    with at.page.expect_request("**/studio/preview*"):
        at.click((160, 160))
    at.click((170, 160))
    at.page.get_by_role("button", name="Another picture").click()
    requests[0].continue_()
    at.page.wait_for_timeout(300)
    at.open(disc_file)
    at.click((160, 160))
    at.hears("Mask found")
    expect(at.problem).to_be_hidden()


def test_a_ground_chosen_where_no_picture_is_any_more_breaks_nothing(finished, disc_file):
    at = finished
    at.page.get_by_role("button", name="Another picture").click()
    at.page.get_by_label("A colour").check()
    at.open(disc_file)
    at.run()
    assert at.download().getpixel((470, 20)) == (255, 255, 255, 255)


def test_what_was_chosen_before_the_way_back_to_the_page_is_not_shown_as_chosen(desk):
    at = desk()
    at.page.locator("#file").wait_for(state="attached")
    at.page.evaluate("document.querySelector('[name=ground][value=colour]').click()")
    at.page.evaluate("document.getElementById('invert').click()")
    at.page.goto("/status")
    at.page.go_back()
    expect(at.page.locator("[name=ground]:checked")).to_have_value("transparent")
    expect(at.page.locator("#invert")).not_to_be_checked()


def test_a_visitor_whose_tries_were_used_elsewhere_is_not_offered_another(
    desk, disc_file, settings, complaints
):
    complaints.forgives.append("429")
    settings.VISITOR_TRIES = 1
    at = desk(user=None)
    at.open(disc_file)
    settings.VISITOR_TRIES = 0
    at.run_button.click()
    expect(at.problem).to_be_visible()
    expect(at.page.locator("#cost")).to_have_text("No free tries are left today.")
