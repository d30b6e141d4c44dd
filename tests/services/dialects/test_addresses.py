"""Pictures that come by address, from a web server that looks as if it were anywhere."""

from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from tests.pictures import encoded, opened, picture
from tests.services.dialects.vendors import BY_URL, VENDORS, send
from tests.services.fetch.internet import PUBLIC, Internet, internet

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]

LOOPBACK = ("127.0.0.1", "::1", "localhost")
ADDRESS = "http://pictures.example/photo.png"


def answer(data: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(data), data)


@pytest.fixture
def net(monkeypatch) -> Iterator[Internet]:
    """The fetcher's internet; what the product itself keeps on the loopback stays in reach."""

    def patch(owner: object, name: str, replacement: Any) -> None:
        real = getattr(owner, name)

        def chosen(*arguments: Any, **options: Any) -> Any:
            # The address of connect() is a pair (or a path), that of getaddrinfo() a name.
            where = arguments[1] if name == "connect" else arguments[0]
            host = where[0] if isinstance(where, tuple) else where
            is_ours = host in LOOPBACK or str(host).startswith("/")
            return (real if is_ours else replacement)(*arguments, **options)

        monkeypatch.setattr(owner, name, chosen)

    with internet(patch) as network:
        network.names = {"pictures.example": [PUBLIC]}
        yield network


@pytest.mark.parametrize("kind", ["json", "multipart"])
@pytest.mark.parametrize("name", BY_URL)
def test_a_picture_is_fetched_from_its_address(alice, net, name, kind):
    net.serve(answer(picture()))
    vendor = VENDORS[name]
    response = alice.api.post(vendor.path, {vendor.url_field: ADDRESS}, format=kind)
    assert (response.status_code, alice.balance) == (200, 10_000 - vendor.price)


@pytest.mark.parametrize(
    "served",
    [
        answer(b"<html>not a picture</html>"),
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=["no picture", "not found", "a way inside"],
)
@pytest.mark.parametrize("name", BY_URL)
def test_every_failure_has_the_same_words(alice, net, name, served):
    vendor = VENDORS[name]
    net.serve(served)
    failed = alice.api.post(vendor.path, {vendor.url_field: ADDRESS}, format="json")
    nowhere = {vendor.url_field: "http://nowhere.example/a.png"}
    unreachable = alice.api.post(vendor.path, nowhere, format="json")
    ignored = ("request_id",)
    told = [_without(response.json(), ignored) for response in (failed, unreachable)]
    assert (failed.status_code, told[0]) == (400, told[1])


def test_a_background_is_fetched_from_its_address(alice, net):
    net.serve(answer(encoded(Image.new("RGB", (10, 10), (0, 0, 255)))))
    fields = {"bg_image_url": ADDRESS, "format": "png"}
    shown = opened(send(alice.api, VENDORS["removebg"], **fields).content).convert("RGB")
    assert shown.getpixel((1, 1)) == (0, 0, 255)


def _without(body: Any, names: tuple[str, ...]) -> Any:
    if isinstance(body, dict):
        return {key: _without(value, names) for key, value in body.items() if key not in names}
    return body
