"""Uploads behind Apache with the file of deploy/: taken in whole, and ended when they come too slowly."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.live.apache import Apache
from tests.live.product import until

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
_SIZE = 300_000


class Backend:
    """What Apache asks: accepts when it is told to, and answers whatever came."""

    def __init__(self, port: int = 0) -> None:
        self.listener = socket.create_server(("127.0.0.1", port))
        self.listener.settimeout(10)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def serve(self) -> bytes:
        """The next request, whole."""
        connection, _ = self.listener.accept()
        with connection:
            connection.settimeout(20)
            request = b""
            while not _is_whole(request):
                request += connection.recv(65536)
            connection.sendall(_ANSWER)
        return request


def _is_whole(request: bytes) -> bool:
    head, end, body = request.partition(b"\r\n\r\n")
    told = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(end) and len(body) >= (int(told[0].split(b":")[1]) if told else 0)


@pytest.fixture
def backend() -> Iterator[Backend]:
    backend = Backend()
    yield backend
    backend.listener.close()


@pytest.fixture
def apache(tmp_path, backend) -> Iterator[Apache]:
    apache = Apache(tmp_path / "apache", [backend.url], grace_s=1)
    yield apache
    apache.close()


def connected(apache: Apache) -> socket.socket:
    return socket.create_connection(("127.0.0.1", apache.port), timeout=20)


def head(*lines: str) -> bytes:
    return "\r\n".join(["POST /v2 HTTP/1.1", "Host: localhost", *lines, "", ""]).encode()


LENGTH = f"Content-Length: {_SIZE}"
BODY = os.urandom(_SIZE)


def answered(apache: Apache, backend: Backend, path: str, **asked) -> tuple[bytes, httpx.Response]:
    """What the backend got of a request, and what the client was answered."""
    came: list[bytes] = []
    serving = threading.Thread(target=lambda: came.append(backend.serve()))
    serving.start()
    response = httpx.request(url=apache.url + path, timeout=20, **{"method": "GET"} | asked)
    serving.join()
    return came[0], response


@pytest.mark.parametrize(
    "begin, rest",
    [
        (head(LENGTH) + BODY[:-9], BODY[-9:]),
        (
            head("Transfer-Encoding: chunked") + b"%x\r\n" % _SIZE + BODY[:-9],
            BODY[-9:] + b"\r\n0\r\n\r\n",
        ),
        (head(LENGTH, "Expect: 100-continue") + BODY[:-9], BODY[-9:]),
    ],
    ids=["told its length", "in chunks", "waiting to be told"],
)
def test_nobody_is_asked_before_an_upload_is_whole(apache, backend, begin, rest):
    with connected(apache) as client:
        client.sendall(begin)
        early, _ = answered(apache, backend, "/health")
        client.sendall(rest)
        late = backend.serve()
    assert early.startswith(b"GET /health ")
    assert late.partition(b"\r\n\r\n")[2] == BODY


def test_who_waits_to_be_told_to_go_on_is_told(apache):
    with connected(apache) as client:
        client.sendall(head(LENGTH, "Expect: 100-continue"))
        assert client.recv(12) == b"HTTP/1.1 100"


def dripping(apache: Apache, begin: bytes) -> tuple[bytes, float]:
    """Sends that, then ten bytes a second; the beginning of the answer, and the seconds until it came."""
    began = time.monotonic()
    with connected(apache) as client:
        client.sendall(begin)
        client.settimeout(0.1)
        while True:
            try:
                return client.recv(12), time.monotonic() - began
            except TimeoutError:
                client.send(b"x")


def test_an_upload_of_a_byte_now_and_then_is_answered_408(apache):
    answer, took_s = dripping(apache, head(LENGTH) + b"x" * 5000)  # which buys a second
    assert (answer, took_s < 10) == (b"HTTP/1.1 408", True)


def test_a_head_of_a_byte_now_and_then_is_cut_off(apache):
    answer, took_s = dripping(apache, head()[:-4])
    assert (answer in (b"HTTP/1.1 408", b""), took_s < 10) == (True, True)


def test_a_steady_slow_upload_comes_through(apache, backend):
    """At 100 kB a second it takes longer than the grace, and comes at more than the least rate."""
    came: list[bytes] = []
    serving = threading.Thread(target=lambda: came.append(backend.serve()))
    serving.start()
    with connected(apache) as client:
        client.sendall(head(LENGTH))
        for start in range(0, _SIZE, 10_000):
            client.sendall(BODY[start : start + 10_000])
            threading.Event().wait(0.1)
        answer = client.recv(15)
    serving.join()
    assert (answer, came[0].endswith(BODY)) == (b"HTTP/1.1 200 OK", True)


def test_the_product_gets_the_address_as_it_was_sent(apache, backend):
    path = "/v1/files/a%2Fb//c%20d?sig=%2B%2F&prompt=" + "x" * 30_000
    came, _ = answered(apache, backend, path)
    assert came.startswith(f"GET {path} HTTP/1.1\r\n".encode())


def test_the_product_is_told_who_asks_and_how(apache, backend):
    headers = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "gopher", "Host": "a.example"}
    came, _ = answered(apache, backend, "/", headers=headers)
    told = dict(line.split(": ", 1) for line in came.decode().split("\r\n")[1:] if line)
    assert (told["X-Forwarded-For"], told["X-Forwarded-Proto"], told["Host"]) == (
        "203.0.113.9, 127.0.0.1",
        "http",
        "a.example",
    )


def test_the_product_is_told_of_https_that_ended_at_a_proxy_in_front(apache, backend):
    came, _ = answered(apache, backend, "/", headers={"X-Forwarded-Proto": "https"})
    assert came.count(b"\r\nX-Forwarded-Proto: https\r\n") == 1


def test_metrics_are_not_for_the_outside(apache):
    assert httpx.get(apache.url + "/metrics", timeout=20).status_code == 404


@pytest.fixture
def away() -> Backend:
    """One that refuses every connection."""
    gone = Backend()
    gone.listener.close()
    return gone


@pytest.fixture
def before_both(tmp_path, backend, away) -> Iterator[Apache]:
    apache = Apache(tmp_path / "apache", [away.url, backend.url])
    yield apache
    apache.close()


def statuses(apache: Apache, backend: Backend, count: int) -> set[int]:
    """Of so many uploads, one after another."""
    upload = {"method": "POST", "content": BODY}
    return {answered(apache, backend, "/v2", **upload)[1].status_code for _ in range(count)}


def test_another_process_is_asked_when_one_refuses(before_both, backend):
    assert statuses(before_both, backend, 4) == {200}


def test_a_process_that_is_back_is_asked_at_once(before_both, backend, away):
    statuses(before_both, backend, 2)  # it was seen to be away
    back = Backend(away.port)
    with ExitStack() as closing:
        closing.callback(back.listener.close)
        for _ in range(4):
            client = closing.enter_context(connected(before_both))
            client.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert back.serve().startswith(b"GET /health ")


def test_nothing_of_addresses_is_written_down(apache, backend):
    secret = "sig=s3cr3t"  # noqa: S105
    answered(apache, backend, f"/v1/files/a?{secret}", headers={"Referer": f"http://a/?{secret}"})
    backend.listener.close()
    httpx.get(f"{apache.url}/?{secret}", headers={"Referer": f"http://a/?{secret}"}, timeout=20)
    log = apache.folder / "error.log"
    until(lambda: "proxy" in log.read_text())  # of the one that found nobody
    assert secret not in log.read_text()
