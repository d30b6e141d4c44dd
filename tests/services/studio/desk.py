"""The studio in a browser, as somebody sits before it: places are pixels of the picture."""

import io
from collections.abc import Iterable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, expect

Place = tuple[float, float]
# A machine that is busy with other tests must not fail these.
expect.set_options(timeout=15_000)


class Desk:
    """A picture is put on the desk and worked on; every answer is waited for as a person would."""

    def __init__(self, page: Page, tool: str = "background") -> None:
        self.page = page
        page.goto(f"/studio?tool={tool}")
        self.canvas = page.locator("#canvas")
        self.run_button = page.locator("#run")
        self.size = (1, 1)

    def open(self, path: Path) -> None:
        with Image.open(path) as picture:
            self.size = picture.size
        self.page.set_input_files("#file", path)
        expect(self.canvas).to_be_visible()

    def place(self, place: Place) -> Place:
        """Where a pixel of the fitted picture is in the window."""
        frame = self.canvas.bounding_box()
        assert frame
        scale = min(frame["width"] / self.size[0], frame["height"] / self.size[1])
        left = frame["x"] + (frame["width"] - self.size[0] * scale) / 2
        top = frame["y"] + (frame["height"] - self.size[1] * scale) / 2
        return left + place[0] * scale, top + place[1] * scale

    def click(self, place: Place, button: str = "left") -> None:
        x, y = self.place(place)
        self.page.mouse.click(x, y, button="right" if button == "right" else "left")

    def drag(self, places: Iterable[Place]) -> None:
        first, *others = [self.place(place) for place in places]
        self.page.mouse.move(*first)
        self.page.mouse.down()
        for x, y in others:
            self.page.mouse.move(x, y, steps=4)
        self.page.mouse.up()

    def press(self, *keys: str) -> None:
        self.canvas.focus()
        for key in keys:
            self.page.keyboard.press(key)

    def run(self) -> None:
        self.run_button.click()
        expect(self.page.locator("#result")).to_be_visible(timeout=30_000)

    def hears(self, words: str) -> None:
        """What the live region says, sooner or later."""
        expect(self.page.locator("#announcement")).to_contain_text(words)

    def settles(self) -> None:
        """Waits for the look that is under way."""
        expect(self.page.locator("#status")).to_have_text("")

    def share(self) -> int:
        """The percentage that was announced last."""
        words = self.page.locator("#announcement").inner_text()
        return int("".join(character for character in words if character.isdigit()) or 0)

    @property
    def marks(self) -> Locator:
        return self.page.locator("#marks li")

    @property
    def problem(self) -> Locator:
        return self.page.locator("#problem")

    def download(self) -> Image.Image:
        with self.page.expect_download() as got:
            self.page.locator("#download").click()
        picture = Image.open(io.BytesIO(got.value.path().read_bytes()))
        picture.load()
        return picture

    def shown(self, place: Place) -> tuple[int, ...]:
        """The colour on the screen at a pixel of the fitted picture."""
        x, y = self.place(place)
        with Image.open(io.BytesIO(self.page.screenshot())) as screen:
            colour = screen.convert("RGB").getpixel((round(x), round(y)))
        assert isinstance(colour, tuple)
        return colour
