"""The photo, the request as a customer would send it, and the cut-out."""

import httpx
import pytest
from PIL import Image

from maskr_site.demo import photo
from maskr_site.demo.steps import DemoFailed

MASK, CUT_OUT = b"the mask", b"the cut-out"


def result(name, credits):
    url = f"http://server/{name}"
    return {"output_url": url, "processing_time_ms": 12.5, "credits_used": credits}


def serving(request):
    """A server of both services; extraction serves only who sends back the mask."""
    if request.method == "GET":
        return httpx.Response(200, content=MASK if request.url.path == "/mask" else CUT_OUT)
    headers = {"X-Maskr-Engine": "u2netp"}
    if request.url.path.endswith("background-removal"):
        body = {"status": "completed", "result": result("mask", 3)}
    elif MASK in request.read():
        body = {"status": "completed", "result": result("cut-out", 2)}
    else:
        return httpx.Response(422, json={"detail": "no mask"})
    return httpx.Response(200, headers=headers, json=body)


def client(handle):
    return httpx.Client(base_url="http://server", transport=httpx.MockTransport(handle))


@pytest.fixture
def shown(tmp_path):
    with client(serving) as http:
        return photo.send(http, photo.write_photo(tmp_path))


def test_writes_a_real_photo(tmp_path):
    with Image.open(photo.write_photo(tmp_path)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (512, 512))


def test_keeps_the_mask(shown):
    assert shown.mask.read_bytes() == MASK


def test_has_the_cut_out_made_with_that_mask(shown):
    assert shown.cutout.read_bytes() == CUT_OUT


def test_tells_what_both_services_cost(shown):
    assert shown.credits_used == 5


def test_tells_which_engine_made_the_mask(shown):
    assert shown.engine == "u2netp"


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
    refusing = client(lambda _request: httpx.Response(status, json=body))
    with refusing as http, pytest.raises(DemoFailed, match=said):
        photo.send(http, photo.write_photo(tmp_path))
