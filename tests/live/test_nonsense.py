"""What is no HTTP never reaches the product: it is refused in its shape all the same."""

import json
import socket
from http.client import HTTPResponse
from urllib.parse import urlsplit

import pytest

from tests.live.product import SERVICE, Product

pytestmark = pytest.mark.weights

HEAD = b"POST " + SERVICE.encode() + b" HTTP/1.1\r\nHost: localhost\r\n"
NONSENSE = {
    "a negative length": HEAD + b"Content-Length: -1\r\n\r\n",
    "a length in words": HEAD + b"Content-Length: ten\r\n\r\n",
    "a length without end": HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
    "a length and chunks": HEAD
    + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a header without a name": HEAD + b": x\r\n\r\n",
    "a request without a method": b"/health HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


def answer_to(product: Product, said: bytes) -> tuple[int, str | None, list[str]]:
    """Status, type and keys."""
    address = urlsplit(product.url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as client:
        client.sendall(said)
        response = HTTPResponse(client)
        response.begin()
        return response.status, response.headers["Content-Type"], list(json.load(response))


def test_what_is_no_http_is_refused_in_json(served):
    answers = {name: answer_to(served, said) for name, said in NONSENSE.items()}
    assert answers == dict.fromkeys(NONSENSE, (400, "application/json", ["detail"]))


def test_a_head_that_never_ends_is_answered_in_json(embedded):
    embedded.environment |= {"MASKR_UPLOAD_GRACE": "1"}
    embedded.serve()
    assert answer_to(embedded, HEAD) == (408, "application/json", ["detail"])


def in_no_chunks(key: str) -> bytes:
    head = HEAD + b"Authorization: Bearer " + key.encode() + b"\r\n"
    form = b"Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n"
    return head + form + b"\r\nzz\r\n--b\r\n0\r\n\r\n"


def test_chunks_that_are_none_are_refused(served):
    said = in_no_chunks(served.account(3))
    assert answer_to(served, said) == (400, "application/json", ["detail"])


def test_chunks_that_are_none_hide_no_wrong_key(served):
    assert answer_to(served, in_no_chunks("wrong"))[0] == 401


@pytest.fixture(params=["/accounts/login/", "/nowhere"])
def of_a_page(served, request) -> HTTPResponse:
    """The answer to a form with chunks that are none, of somebody who has been here before."""
    address = urlsplit(served.url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as client:
        path = request.param.encode()
        head = b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n"
        form = b"Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n"
        cookie = b"Cookie: csrftoken=" + b"a" * 32 + b"\r\n"
        client.sendall(head + form + cookie + b"\r\nzz\r\n0\r\n\r\n")
        response = HTTPResponse(client)
        response.begin()
    return response


def test_chunks_that_are_none_are_refused_by_pages(of_a_page):
    assert (of_a_page.status, of_a_page.headers["Content-Type"][:9]) == (400, "text/html")


def test_who_sends_chunks_that_are_none_is_told_that_the_connection_ends(of_a_page):
    assert of_a_page.headers["Connection"] == "close"


def test_what_is_no_http_is_written_down_like_everything_else_and_without_secrets(embedded):
    embedded.environment["MASKR_LOG_FORMAT"] = "json"
    server = embedded.serve()
    link = b"GET /v1/files/x?expires=1&sig=0123456789abcdef\xff HTTP/1.1\r\n\r\n"
    answer_to(embedded, link)
    server.terminate()
    server.wait(timeout=40)
    told = [line for line in embedded.log.read_text().splitlines() if "Invalid request" in line]
    assert [("sig=[masked]" in json.loads(line)["event"]) for line in told] == [True]
