"""The photo, the request as a customer would send it, and the cut-out."""

import io

import httpx
import pytest
from PIL import Image

from maskr_site.demo import photo
from maskr_site.demo.steps import DemoFailed

RESULT = {
    "output_url": "http://server/mask",
    "processing_time_ms": 12.5,
    "credits_used": 3,
}


def mask_of(size):
    out = io.BytesIO()
    Image.new("L", size, 128).save(out, "PNG")
    return out.getvalue()


def answering(status, body):
    """A client of a server that answers every POST so, and every GET with a half-gray mask."""

    def handle(request):
        if request.method == "GET":
            return httpx.Response(200, content=mask_of((512, 512)))
        return httpx.Response(status, headers={"X-Maskr-Engine": "u2netp"}, json=body)

    return httpx.Client(base_url="http://server", transport=httpx.MockTransport(handle))


def test_writes_a_real_photo(tmp_path):
    with Image.open(photo.write_photo(tmp_path)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (512, 512))


def test_makes_a_transparent_cutout_of_photo_and_mask(tmp_path):
    with answering(200, {"status": "completed", "result": RESULT}) as http:
        shown = photo.send(http, photo.write_photo(tmp_path))
    with Image.open(shown.cutout) as cutout:
        assert cutout.mode == "RGBA"
        assert cutout.getchannel("A").getextrema() == (128, 128)
    assert (shown.engine, shown.credits_used) == ("u2netp", 3)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (402, {"detail": "Insufficient credits"}, "status 402.*Insufficient credits"),
        (200, {"status": "failed", "error": "The engine failed."}, "The engine failed"),
        (202, {"status": "processing"}, "status 202.*processing"),
        (500, {}, "status 500.*no reason given"),
    ],
)
def test_passes_the_servers_own_sentence_on(tmp_path, status, body, said):
    with answering(status, body) as http, pytest.raises(DemoFailed, match=said):
        photo.send(http, photo.write_photo(tmp_path))
