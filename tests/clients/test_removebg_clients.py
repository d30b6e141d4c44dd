"""remove.bg's Python clients: removebg, remove-bg-api, removebg-cli, removebgplus, rembgpy."""

import base64
import importlib
import logging

import numpy as np
import pytest
import requests
from PIL import Image

from tests.pictures import opened, picture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("books")]


@pytest.fixture
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def base64_photo() -> str:
    return base64.b64encode(picture(width=300, height=200)).decode()


class TestRemoveBg:
    """PyPI removebg 0.4."""

    @pytest.fixture
    def client(self, redirected, alice, tmp_path):
        removebg = importlib.import_module("removebg")
        return removebg.RemoveBg(alice.plaintext, str(tmp_path / "errors.log"))

    def test_a_file_comes_back_without_its_background(self, client, photo):
        client.remove_background_from_img_file(str(photo))
        assert Image.open(f"{photo}_no_bg.png").mode == "RGBA"

    def test_base64_comes_back_without_its_background(self, client, in_folder):
        client.remove_background_from_base64_img(base64_photo(), new_file_name="out.png")
        assert Image.open("out.png").size == (300, 200)

    def test_a_background_colour_is_put_behind(self, client, in_folder):
        client.remove_background_from_base64_img(
            base64_photo(), new_file_name="out.jpg", bg_color="ff0000"
        )
        ground = np.asarray(Image.open("out.jpg").convert("RGB"))[2, 2]
        assert ground == pytest.approx([255, 0, 0], abs=20)

    def test_an_address_that_leads_nowhere_is_an_error(self, client):
        with pytest.raises(requests.HTTPError, match="400"):
            client.remove_background_from_img_url("http://127.0.0.1/a.png")

    def test_a_wrong_key_is_403(self, redirected, db, photo, tmp_path):
        removebg = importlib.import_module("removebg")
        client = removebg.RemoveBg("sk-live-wrong", str(tmp_path / "errors.log"))
        with pytest.raises(requests.HTTPError, match="403"):
            client.remove_background_from_img_file(str(photo))


class TestRemoveBgApi:
    """PyPI remove-bg-api 0.2.1, which parses X-Credits-Charged with int()."""

    @pytest.fixture
    def package(self):
        return importlib.import_module("remove_bg_api")

    def test_the_balance_drops_by_the_charge(self, redirected, alice, photo, package):
        client = package.RemoveBg(alice.plaintext)
        client.remove_bg_file(str(photo), size="full")
        assert alice.balance == 10_000 - 100

    def test_bytes_come_back_without_their_background(self, redirected, alice, package):
        client = package.RemoveBg(alice.plaintext)
        answer = client.remove_bg_bytes(picture(width=300, height=200), size="full")
        assert opened(_bytes_of(answer)).mode == "RGBA"

    def test_no_credits_are_its_own_error(self, redirected, bob, photo, package):
        with pytest.raises(package.Errors.ApiErrorCode402):
            package.RemoveBg(bob.plaintext).remove_bg_file(str(photo), size="full")

    def test_a_wrong_key_is_its_own_error(self, redirected, db, photo, package):
        with pytest.raises(package.Errors.ApiErrorCode403):
            package.RemoveBg("sk-live-wrong").remove_bg_file(str(photo))

    def test_a_wrong_size_is_its_own_error(self, redirected, alice, photo, package):
        with pytest.raises(package.Errors.ApiErrorCode400):
            package.RemoveBg(alice.plaintext).remove_bg_file(str(photo), size="huge")


class TestRemoveBgCli:
    """PyPI removebg-cli 1.0.0."""

    @pytest.fixture
    def cli(self):
        return importlib.import_module("removebg_cli")

    def test_shows_the_account(self, redirected, alice, cli, capsys):
        cli.check_account(alice.plaintext)
        assert "100" in capsys.readouterr().out

    def test_saves_a_large_webp(self, redirected, alice, photo, cli, in_folder):
        cli.remove_bg(alice.plaintext, str(photo), "out.webp", size="50MP", fmt="webp")
        assert Image.open("out.webp").format == "WEBP"

    def test_no_credits_end_it_with_the_vendors_title(self, redirected, bob, photo, cli, capsys):
        with pytest.raises(SystemExit):
            cli.remove_bg(bob.plaintext, str(photo))
        assert "Insufficient credits" in capsys.readouterr().out

    def test_waits_as_long_as_retry_after_says(self, redirected, alice, photo, cli, monkeypatch):
        waits: list[int] = []
        monkeypatch.setattr(cli.time, "sleep", waits.append)
        monkeypatch.setattr("services.dialects.removebg.RemoveView.rate_per_minute", 1)
        cli.remove_bg(alice.plaintext, str(photo), str(photo.parent / "first.png"))
        with pytest.raises(SystemExit):
            cli.remove_bg(alice.plaintext, str(photo), str(photo.parent / "second.png"))
        assert 0 < waits[0] <= 60


class TestRemoveBgPlus:
    """PyPI removebgplus 0.1.2, which calls the base64 field image_base64."""

    def test_base64_comes_back_without_its_background(self, redirected, alice, in_folder):
        package = importlib.import_module("removebgplus")
        package.RemoveBg(alice.plaintext).remove_from_base64(base64_photo(), "out.png")
        assert Image.open("out.png").mode == "RGBA"

    def test_a_file_comes_back_without_its_background(self, redirected, alice, photo, in_folder):
        package = importlib.import_module("removebgplus")
        package.RemoveBg(alice.plaintext).remove_from_file(str(photo), "out.png")
        assert Image.open("out.png").mode == "RGBA"


class TestRemBgPy:
    """PyPI rembgpy 1.0.1, which sends every option even if it is not set."""

    @pytest.fixture
    def client(self, redirected, alice, tmp_path):
        package = importlib.import_module("rembgpy")
        logging.disable(logging.NOTSET)
        return package.RemBg(alice.plaintext, str(tmp_path / "errors.log"))

    def test_base64_with_every_option_comes_back(self, client, in_folder):
        method = next(name for name in dir(client) if "64" in name)
        getattr(client, method)(base64_photo(), nfn="out.png")
        assert Image.open("out.png").mode == "RGBA"


def _bytes_of(answer: object) -> bytes:
    """The package answers with bytes, or with a pair that starts with them."""
    if isinstance(answer, bytes):
        return answer
    assert isinstance(answer, list | tuple)
    return next(part for part in answer if isinstance(part, bytes))
