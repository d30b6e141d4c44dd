"""The three tools on real photographs with the real networks, by clicking and painting."""

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect
from skimage import data

pytestmark = [
    pytest.mark.browser,
    pytest.mark.weights,
    pytest.mark.usefixtures("real_networks", "books"),
]


@pytest.fixture
def photo(tmp_path):
    """One of scikit-image's, as a file."""

    def save(name: str):
        path = tmp_path / f"{name}.png"
        Image.fromarray(getattr(data, name)()).save(path)
        return path

    return save


def test_the_background_of_an_astronaut_goes(desk, photo, alice):
    at = desk()
    at.open(photo("astronaut"))
    at.run()
    opacity = np.asarray(at.download().getchannel("A"))
    assert (opacity[90:160, 200:260].mean() > 230, opacity[:60, -60:].mean() < 25) == (True, True)
    assert alice.balance == 10_000 - 300


def test_a_cup_of_coffee_is_extracted_by_a_click(desk, photo, alice):
    at = desk("extract")
    at.open(photo("coffee"))
    at.click((300, 190))
    at.hears("Mask found")
    assert 5 < at.share() < 60
    at.run()
    opacity = np.asarray(at.download().getchannel("A"))
    assert (opacity[180:200, 290:310].mean() > 250, opacity[:30, :30].max()) == (True, 0)
    assert alice.balance == 10_000 - 200


def test_a_background_point_takes_a_part_away(desk, photo):
    at = desk("extract")
    at.open(photo("coffee"))
    at.click((300, 190))
    at.hears("Mask found")
    tinted = at.shown((330, 150))
    at.click((340, 160), "right")
    expect(at.marks).to_have_count(2)
    at.settles()
    assert at.shown((330, 150)) != tinted


def test_what_is_painted_over_is_removed_and_nothing_else(desk, photo, alice):
    at = desk("remove")
    path = photo("chelsea")
    at.open(path)
    at.drag([(90, 60), (140, 60), (140, 80), (90, 80)])
    at.hears("of the picture is marked")
    at.run()
    before, after = np.asarray(Image.open(path)), np.asarray(at.download())
    changed = (before != after).any(axis=2)
    assert (changed[55:65, 95:135].mean() > 0.5, changed[150:, 200:].any()) == (True, False)
    assert alice.balance == 10_000 - 300
