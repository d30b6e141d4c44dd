"""Clipdrop's and Poof's Python clients, which take a base address."""

import pytest
from PIL import Image
from poof import AuthError, PaymentRequiredError, Poof, ValidationError
from pyclipdrop import ClipdropClient
from pyclipdrop.exceptions import APIRequestError

from tests.pictures import disc, encoded, opened, picture

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("worker", "books"),
]


@pytest.fixture
def clipdrop(live_server, alice):
    return ClipdropClient(alice.plaintext, base_url=live_server.url)


def test_clipdrop_cuts_an_opaque_picture_out(clipdrop, photo, tmp_path):
    clipdrop.remove_background(str(photo), output_file=str(tmp_path / "out.png"))
    assert Image.open(tmp_path / "out.png").mode == "RGBA"


def test_clipdrop_gets_a_transparent_picture_back_as_it_is(clipdrop, tmp_path):
    given = disc().convert("RGBA")
    given.putpixel((0, 0), (1, 2, 3, 0))
    path = tmp_path / "in.png"
    path.write_bytes(encoded(given))
    clipdrop.remove_background(str(path), output_file=str(tmp_path / "out.png"))
    assert (tmp_path / "out.png").read_bytes() == path.read_bytes()


def test_clipdrop_can_have_the_alpha_discarded(clipdrop, tmp_path):
    given = disc().convert("RGBA")
    given.putalpha(100)
    path = tmp_path / "in.png"
    path.write_bytes(encoded(given))
    clipdrop.remove_background(
        str(path), "discard_alpha_layer", output_file=str(tmp_path / "out.png")
    )
    assert Image.open(tmp_path / "out.png").getchannel("A").getextrema() == (0, 255)


def test_clipdrop_cleans_up(clipdrop, photo, tmp_path):
    mask = tmp_path / "mask.png"
    half = Image.new("L", (300, 200), 0)
    half.paste(255, (0, 0, 50, 50))
    mask.write_bytes(encoded(half))
    clipdrop.cleanup(str(photo), str(mask), output_file=str(tmp_path / "out.png"))
    assert Image.open(tmp_path / "out.png").size == (300, 200)


def test_clipdrop_reads_the_error_of_a_wrong_key(live_server, db, photo, tmp_path):
    client = ClipdropClient("sk-live-wrong", base_url=live_server.url)
    with pytest.raises(APIRequestError, match="Invalid api key"):
        client.remove_background(str(photo), output_file=str(tmp_path / "out.png"))


@pytest.fixture
def poof(live_server, alice):
    return Poof(alice.plaintext, base_url=f"{live_server.url}/v1")


def test_poof_cuts_a_file_out(poof, photo):
    result = poof.remove_background(str(photo))
    assert opened(result.data).mode == "RGBA"


def test_poofs_width_and_height_are_those_of_the_file(poof, photo):
    result = poof.remove_background(str(photo), size="preview")
    assert (result.width, result.height) == opened(result.data).size


def test_poof_reads_how_sure_the_matte_is(poof, photo):
    result = poof.remove_background(str(photo))
    assert 0 <= result.matte_ambiguous_ratio <= 1 and 0 <= result.matte_confidence <= 1


def test_poof_crops_to_a_ratio_with_padding(poof, photo):
    result = poof.remove_background(str(photo), crop="1:1", padding="10%", format="webp")
    width, height = opened(result.data).size
    assert abs(width - height) <= 1


def test_poof_reads_the_account(poof, alice):
    poof.remove_background(picture())
    info = poof.me()
    assert (info["maxCredits"], info["usedCredits"]) == (100, 1)


def test_poof_raises_its_own_error_for_a_wrong_key(live_server, db, photo):
    with pytest.raises(AuthError):
        Poof("sk-live-wrong", base_url=f"{live_server.url}/v1").remove_background(str(photo))


def test_poof_raises_its_own_error_without_credits(live_server, bob, photo):
    with pytest.raises(PaymentRequiredError):
        Poof(bob.plaintext, base_url=f"{live_server.url}/v1").remove_background(str(photo))


def test_poof_raises_its_own_error_for_a_wrong_option(poof, photo):
    with pytest.raises(ValidationError):
        poof.remove_background(str(photo), crop="maybe")


def test_poof_raises_its_own_error_for_an_address_that_leads_nowhere(poof):
    with pytest.raises(ValidationError):
        poof.remove_background(url="http://127.0.0.1/a.png")
