"""Clients that send or read a byte now and then, against the real server without a proxy."""

import socket
import threading
import time
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from tests.live.product import SERVICE, Product, until
from tests.pictures import encoded

pytestmark = pytest.mark.weights


@pytest.fixture
def impatient(embedded: Product) -> Product:
    embedded.environment |= {"MASKR_UPLOAD_GRACE": "1", "MASKR_MIN_UPLOAD_RATE": "20000"}
    embedded.environment |= {"MASKR_WEB_THREADS": "4"}
    embedded.serve()
    return embedded


def connected(product: Product) -> socket.socket:
    address = urlsplit(product.url)
    return socket.create_connection((address.hostname, address.port), timeout=20)


def drip(product: Product, head: bytes, stop: threading.Event) -> bytes:
    """Sends the head, then a byte ten times a second; what the server says before it hangs up."""
    with connected(product) as client:
        client.sendall(head)
        client.settimeout(0.1)
        answer = b""
        while not stop.is_set():
            try:
                block = client.recv(4096)
                if not block:
                    break
                answer += block
            except TimeoutError:
                try:
                    client.send(b"x")
                except OSError:
                    break
            except OSError:
                break
    return answer


def body_head(key: str) -> bytes:
    return (
        f"POST {SERVICE} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n--b\r\n"
    ).encode()


def test_a_dripping_header_is_cut_off(impatient):
    began = time.monotonic()
    drip(impatient, b"GET /health HTTP/1.1\r\nX-Slow: ", threading.Event())
    assert time.monotonic() - began < 10


def test_a_dripping_upload_is_answered_408(impatient):
    answer = drip(impatient, body_head(impatient.account(3)), threading.Event())
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_a_dripping_upload_is_not_charged(impatient):
    key = impatient.account(3)
    drip(impatient, body_head(key), threading.Event())
    assert (impatient.send(key).json()["status"], impatient.audit()) == ("completed", [])


def test_more_drips_than_threads_hold_nobody_up_for_good(impatient):
    """Twelve drips on four threads: the thirteenth client is served once their grace is over."""
    stop, head = threading.Event(), b"GET /health HTTP/1.1\r\nX-Slow: "
    drips = [threading.Thread(target=drip, args=(impatient, head, stop)) for _ in range(12)]
    for thread in drips:
        thread.start()
    until(lambda: impatient.answers("/health"), seconds=30)
    stop.set()
    for thread in drips:
        thread.join()


def test_a_steady_slow_upload_is_served(impatient):
    """At 50 kB a second it takes longer than the grace, and comes at more than the least rate."""
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (200, 200, 3), np.uint8))
    key, photo = impatient.account(3), encoded(noise)
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    body = head + photo + b"\r\n--b--\r\n"
    request = body_head(key).replace(b"100000", str(len(body)).encode()).removesuffix(b"--b\r\n")
    with connected(impatient) as client:
        client.sendall(request)
        for start in range(0, len(body), 5000):
            client.sendall(body[start : start + 5000])
            threading.Event().wait(0.1)
        assert client.recv(15) == b"HTTP/1.1 200 OK"
