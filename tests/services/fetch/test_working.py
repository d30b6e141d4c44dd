"""What must work: every usual way in which a picture lies on a web server."""

import pytest

from services.fetch import FetchFailed, fetch
from tests.services.fetch.internet import OTHER, PUBLIC, PUBLIC_V6, Conversation

PICTURE = bytes(range(256)) * 40
LENGTH = b"Content-Length: %d\r\n" % len(PICTURE)
WHOLE = b"HTTP/1.1 200 OK\r\n" + LENGTH + b"\r\n" + PICTURE


def chunked(data: bytes, size: int = 1000) -> bytes:
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])


def redirect(location: str, status: int = 302) -> bytes:
    text = f"HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
    return text.encode()


URLS = {
    "http://pictures.example/a.png": "GET /a.png HTTP/1.1",
    "http://pictures.example": "GET / HTTP/1.1",
    "http://pictures.example?id=7": "GET /?id=7 HTTP/1.1",
    "HTTP://pictures.example/a.png": "GET /a.png HTTP/1.1",
    "http://PICTURES.Example/a.png": "GET /a.png HTTP/1.1",
    "http://pictures.example:80/a.png": "GET /a.png HTTP/1.1",
    "http://pictures.example/a.png?w=100&h=50&sig=a%2Bb/c=": "GET /a.png?w=100&h=50&sig=a%2Bb/c= ",
    "http://pictures.example/a%20b/%C3%BC.png": "GET /a%20b/%C3%BC.png ",
    "http://pictures.example/ü/写真.png": "GET /%C3%BC/%E5%86%99%E7%9C%9F.png ",
    "http://pictures.example/a.png#top": "GET /a.png HTTP",
    "http://pictures.example/@user/a.png?mail=a@b.example": "GET /@user/a.png?mail=a@b.example ",
    "http://pictures.example/a//b;c=1/(d)[e]~f!'*.png": "GET /a//b;c=1/(d)[e]~f!'*.png ",
    "http://pictures.example/{a}|b^c`.png": "GET /%7Ba%7D%7Cb%5Ec%60.png ",
    "http://pictures.example/http://other.example/a.png": "GET /http://other.example/a.png ",
    "http://my_bucket.pictures.example/a.png": "GET /a.png ",
    f"http://{PUBLIC}/a.png": "GET /a.png ",
}


@pytest.mark.parametrize("url", URLS)
def test_a_usual_url_is_fetched(net, url):
    net.names["my_bucket.pictures.example"] = [PUBLIC]
    net.serve(WHOLE)
    assert fetch(url, max_bytes=len(PICTURE)) == PICTURE
    assert net.requests[0].decode().startswith(URLS[url])


@pytest.mark.parametrize(
    ("name", "ascii_name"),
    [
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.Example", "xn--bcher-kva.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example"),
        ("faß.example", "xn--fa-hia.example"),
        ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
        ("пример.рф", "xn--e1afmkfd.xn--p1ai"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_an_international_name_is_looked_up_in_ascii(net, name, ascii_name):
    net.names[ascii_name] = [PUBLIC]
    net.serve(WHOLE)
    assert fetch(f"http://{name}/a.png", max_bytes=len(PICTURE)) == PICTURE
    assert f"Host: {ascii_name}\r\n".encode() in net.requests[0]


@pytest.mark.parametrize("port", [443, 8080, 8443])
def test_other_ports_are_dialled_and_named(net, port):
    net.serve(WHOLE, port=port)
    assert fetch(f"http://pictures.example:{port}/", max_bytes=len(PICTURE)) == PICTURE
    assert f"Host: pictures.example:{port}\r\n".encode() in net.requests[0]


def test_a_public_ipv6_address_is_dialled(net):
    net.serve(WHOLE, PUBLIC_V6, 8080)
    url = "http://[2606:2800:0220:0001:0248:1893:25C8:1946]:8080/"
    assert fetch(url, max_bytes=len(PICTURE)) == PICTURE
    assert net.dials == [(PUBLIC_V6, 8080)]
    assert f"Host: [{PUBLIC_V6}]:8080\r\n".encode() in net.requests[0]


def test_an_address_is_not_looked_up(net):
    net.serve(WHOLE)
    fetch(f"http://{PUBLIC}/", max_bytes=len(PICTURE))
    assert net.lookups == []


def test_a_name_is_looked_up_once_and_its_address_dialled(net):
    net.serve(WHOLE)
    fetch("http://pictures.example/", max_bytes=len(PICTURE))
    assert (net.lookups, net.dials) == (["pictures.example"], [(PUBLIC, 80)])


def test_the_second_address_is_dialled_when_the_first_refuses(net):
    net.names["pictures.example"] = [PUBLIC_V6, OTHER, PUBLIC]
    net.serve(WHOLE)
    assert fetch("http://pictures.example/", max_bytes=len(PICTURE)) == PICTURE
    assert net.dials == [(PUBLIC_V6, 80), (OTHER, 80), (PUBLIC, 80)]


def test_no_more_than_four_addresses_of_a_name_are_dialled(net):
    net.names["pictures.example"] = [f"93.184.216.{last}" for last in range(1, 100)]
    with pytest.raises(FetchFailed):
        fetch("http://pictures.example/", max_bytes=100)
    assert len(net.dials) == 4


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n\r\n" + PICTURE,
        b"HTTP/1.0 200 OK\r\n\r\n" + PICTURE,
        b"HTTP/1.1 200\r\n" + LENGTH + b"\r\n" + PICTURE,
        b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n" + LENGTH + b"\r\n" + PICTURE,
        b"HTTP/1.1 200 OK\r\n" + LENGTH + LENGTH + b"\r\n" + PICTURE,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: Identity\r\n\r\n" + PICTURE,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(PICTURE),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n" + chunked(PICTURE, 10**6),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(PICTURE, 7),
        b"HTTP/1.1 200 OK\nContent-Type: image/png\n\n" + PICTURE,
        b"HTTP/1.1 100 Continue\r\n\r\n" + WHOLE,
        b"HTTP/1.1 200 OK\r\nX-Name: \xe4\xf6\r\n" + LENGTH + b"\r\n" + PICTURE,
    ],
)
def test_every_framing_gives_the_same_bytes(net, answer):
    net.serve(answer)
    assert fetch("http://pictures.example/", max_bytes=len(PICTURE)) == PICTURE


def test_a_url_of_just_the_allowed_length_is_fetched(net):
    net.serve(WHOLE)
    url = "http://pictures.example/"
    assert fetch(url + "a" * (2083 - len(url)), max_bytes=len(PICTURE)) == PICTURE


def test_a_picture_of_just_the_limit_is_fetched_and_one_byte_more_is_not(net):
    net.serve(WHOLE)
    assert len(fetch("http://pictures.example/", max_bytes=len(PICTURE))) == len(PICTURE)
    with pytest.raises(FetchFailed):
        fetch("http://pictures.example/", max_bytes=len(PICTURE) - 1)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("/b.png", "/b.png"),
        ("b.png", "/dir/b.png"),
        ("../b.png", "/b.png"),
        ("?v=2", "/dir/a.png?v=2"),
        ("//pictures.example/b.png", "/b.png"),
        ("http://pictures.example/b.png#part", "/b.png"),
        ("HTTP://Pictures.Example:80/b.png", "/b.png"),
        ("/ü.png", "/%C3%BC.png"),
    ],
)
def test_a_redirect_is_followed(net, status, location, path):
    def server(talk: Conversation) -> None:
        asked_first = talk.request.startswith(b"GET /dir/a.png HTTP")
        talk.send(redirect(location, status) if asked_first else WHOLE)

    net.serve(server)
    assert fetch("http://pictures.example/dir/a.png", max_bytes=len(PICTURE)) == PICTURE
    assert net.requests[1].decode().startswith(f"GET {path} HTTP/1.1")


def test_a_redirect_to_another_host_is_looked_up_and_dialled(net):
    net.serve(redirect("http://other.example:8080/b.png"))
    net.serve(WHOLE, OTHER, 8080)
    assert fetch("http://pictures.example/", max_bytes=len(PICTURE)) == PICTURE
    assert net.dials == [(PUBLIC, 80), (OTHER, 8080)]
    assert b"Host: other.example:8080\r\n" in net.requests[1]


def test_three_redirects_are_followed_and_a_fourth_is_not(net):
    def server(talk: Conversation) -> None:
        left = int(talk.request.split()[1][1:])
        talk.send(redirect(f"/{left - 1}") if left else WHOLE)

    net.serve(server)
    assert fetch("http://pictures.example/3", max_bytes=len(PICTURE)) == PICTURE
    with pytest.raises(FetchFailed):
        fetch("http://pictures.example/4", max_bytes=len(PICTURE))
    assert len(net.dials) == 4 + 4


def test_proxies_of_the_environment_are_not_used(net, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:3128")
    net.serve(WHOLE)
    fetch("http://pictures.example/", max_bytes=len(PICTURE))
    assert net.dials == [(PUBLIC, 80)]


def test_the_request_asks_for_plain_bytes_and_tells_nothing(net):
    net.serve(WHOLE)
    fetch("http://pictures.example/a.png", max_bytes=len(PICTURE))
    head = net.requests[0].decode().lower()
    assert "accept-encoding: identity\r\n" in head
    assert not any(name in head for name in ("cookie", "authorization", "referer", "forwarded"))
