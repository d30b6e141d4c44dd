"""The example of the front page: made by the installed networks, once, and never in the way."""

import importlib.util
import io
import logging

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from inference.engines.registry import Engines
from maskr_site.demo import preparing
from maskr_site.landing import scene, showcase
from services import engines as engines_module

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered():
    showcase.forget()
    yield
    showcase.forget()


@pytest.fixture
def made(graphs) -> None:
    call_command("showcase", stdout=io.StringIO())


@pytest.fixture
def without_networks(settings, tmp_path):
    settings.MODELS_DIR = tmp_path / "none"
    engines_module.engines.cache_clear()
    yield
    engines_module.engines.cache_clear()


def shown(client, name: str) -> Image.Image:
    return Image.open(io.BytesIO(client.get(f"/showcase/{name}").content))


def test_the_page_shows_what_was_made(client, made):
    html = client.get("/", headers={"accept": "text/html"}).content.decode()
    assert all(f"/showcase/{name}" in html for name in showcase.NAMES)


@pytest.mark.parametrize(
    ("name", "format", "mode"),
    [
        ("before.jpg", "JPEG", "RGB"),
        ("mask.png", "PNG", "L"),
        ("cutout.webp", "WEBP", "RGBA"),
        ("removed.jpg", "JPEG", "RGB"),
    ],
)
def test_the_pictures_are_what_their_names_say(client, made, name, format, mode):
    picture = shown(client, name)
    assert (picture.format, picture.mode) == (format, mode)


def test_pictures_have_their_type_and_may_be_kept(client, made):
    answer = client.get("/showcase/cutout.webp")
    assert answer["Content-Type"] == "image/webp" and "max-age" in answer["Cache-Control"]


def test_before_it_is_made_there_is_the_drawn_scene(client):
    assert shown(client, "before.jpg").size == scene.SIZE


@pytest.mark.parametrize("name", ["cutout.webp", "other.jpg", "..%2Fsecret"])
def test_there_is_nothing_else(client, name):
    assert client.get(f"/showcase/{name}").status_code == 404


def test_it_is_made_once(made, capsys):
    call_command("showcase")
    assert "has its example" in capsys.readouterr().out


def test_it_can_be_made_again(made, capsys):
    call_command("showcase", "--again")
    assert "new example" in capsys.readouterr().out


def test_the_command_says_why_it_cannot_be_made(without_networks):
    with pytest.raises(CommandError, match="cannot be made"):
        call_command("showcase")


def test_a_server_without_networks_starts_without_an_example(without_networks):
    preparing.example()
    assert not showcase.is_made()


def test_no_line_of_the_log_breaks_into_that_of_the_step(graphs, monkeypatch, caplog):
    monkeypatch.setattr(engines_module, "Engines", Engines)  # opened here, which they tell
    caplog.set_level(logging.INFO)
    preparing.example()
    assert (showcase.is_made(), [one.name for one in caplog.records]) == (True, [])


def test_where_no_photograph_is_installed_the_scene_is_used(client, graphs, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    call_command("showcase", "--again", stdout=io.StringIO())
    assert shown(client, "before.jpg").size == scene.SIZE


@pytest.mark.weights
def test_real_networks_find_the_vase(monkeypatch):
    from inference import pipelines

    engines_module.engines.cache_clear()
    mask = pipelines.remove_background(scene.jpeg(), engines=engines_module.engines())
    values = np.asarray(Image.open(io.BytesIO(mask.data)))
    assert values[400, 360] > 200 and values[60, 60] < 50
    engines_module.engines.cache_clear()
