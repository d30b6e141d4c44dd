"""Clients that send or read a byte now and then, against the real server without a proxy."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
from PIL import Image

from benchmarks.load.drips import Drips
from tests.live.product import SERVICE, Product, until
from tests.pictures import encoded

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def serving(tmp_path_factory, u2netp_only) -> Iterator[Callable[..., Product]]:
    """Starts one with such settings, which lasts as long as the tests of this file."""
    with ExitStack() as closing:

        def serve(**environment: str) -> Product:
            product = Product(tmp_path_factory.mktemp("slow"), u2netp_only, **environment)
            closing.callback(product.close)
            product.serve()
            return product

        yield serve


@pytest.fixture(scope="module")
def impatient(serving) -> Product:
    return serving(MASKR_UPLOAD_GRACE="1", MASKR_MIN_UPLOAD_RATE="20000", MASKR_WEB_THREADS="4")


@pytest.fixture(scope="module")
def patient(serving) -> Product:
    return serving(MASKR_UPLOAD_GRACE="60", MASKR_WEB_THREADS="4")


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


def keep_up(client: socket.socket, stop: threading.Event) -> None:
    """Sends 6000 bytes a second, of which 5000 are asked."""
    try:
        while not stop.wait(0.5):
            client.sendall(b"x" * 3000)
    except OSError:
        return  # told to go


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


def test_more_drips_than_threads_hold_nobody_up(patient):
    """Twelve of each kind on four threads: the next client is served while all of them drip on."""
    body = body_head(patient.account(3))
    chunked = body.replace(b"Content-Length: 100000", b"Transfer-Encoding: chunked")
    heads = [
        b"",
        b"GET /health HTTP/1.1\r\nX-Slow: ",
        body,
        chunked.removesuffix(b"--b\r\n") + b"FFFFF\r\n--b\r\n",
    ]
    with ExitStack() as closing:
        for head in heads * 12:
            closing.enter_context(connected(patient)).sendall(head)
        assert httpx.get(patient.url + "/health", timeout=20).status_code == 200


@pytest.mark.parametrize("begin", ["much of it at once", "the wish to be told to send"])
def test_dawdlers_that_have_every_thread_lose_it_to_others(patient, begin):
    """Twelve of them with four threads."""
    key = patient.account(3)
    body = body_head(key).replace(b": 100000\r\n", b": 1000000\r\n")
    if begin == "much of it at once":
        head = body + b"x" * 70_000
    else:
        head = body.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n", 1)
    with ExitStack() as closing:
        for _ in range(12):
            closing.enter_context(connected(patient)).sendall(head)
        assert httpx.get(patient.url + "/health", timeout=20).status_code == 200
        until(lambda: patient.send(key).status_code == 200, 20)


@pytest.fixture
def kept_up(embedded) -> Iterator[Callable[[str], Product]]:
    """Eight threads, and twelve uploads by a key that are quick enough for a quarter of an hour."""
    embedded.environment |= {"MASKR_WEB_THREADS": "8"}
    embedded.serve()
    stop = threading.Event()
    with ExitStack() as closing:
        closing.callback(stop.set)

        def begin(key: str) -> Product:
            head = body_head(key).replace(b": 100000\r\n", b": 5000000\r\n")
            for _ in range(12):
                client = closing.enter_context(connected(embedded))
                client.sendall(head + b"x" * 70_000)
                threading.Thread(target=keep_up, args=[client, stop], daemon=True).start()
            return embedded

        yield begin


def test_uploads_that_come_at_once_and_at_the_least_rate_leave_threads_for_others(
    embedded, kept_up
):
    """The door let all of them in."""
    product = kept_up(embedded.account(3))
    assert httpx.get(product.url + "/health", timeout=60).status_code == 200


def test_uploads_that_are_refused_at_once_leave_their_threads_to_others(kept_up):
    """Each refusal would take 20 seconds, as long as the client goes on sending."""
    product = kept_up("sk-live-wrong")
    assert httpx.get(product.url + "/health", timeout=14).status_code == 200


def test_clients_that_do_not_leave_hold_nobody_up(impatient):
    """Fifty are answered for the last time and stay: the next one is served at once."""
    goodbye = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with ExitStack() as closing:
        clients = [closing.enter_context(connected(impatient)) for _ in range(50)]
        for client in clients:
            client.sendall(goodbye)
        for client in clients:
            assert client.recv(15) == b"HTTP/1.1 200 OK"
        assert httpx.get(impatient.url + "/health", timeout=20).status_code == 200


def large_result(product: Product) -> bytes:
    """The request for some megabytes: what fits into the buffers of a connection holds nobody up."""
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (1600, 1600, 3), np.uint8))
    everything = encoded(Image.new("L", noise.size, 255))
    response = httpx.post(
        product.url + "/v1/services/object-extraction?output_format=png",
        headers={"Authorization": f"Bearer {product.account(1000)}"},
        files={"image": encoded(noise, "JPEG"), "mask": everything},
        timeout=60,
    )
    path = httpx.URL(response.json()["result"]["output_url"]).raw_path
    return b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"


def leave_unread(product: Product, count: int, closing: ExitStack) -> None:
    """So many connections ask for a large result, and read nothing of it."""
    request = large_result(product)
    for _ in range(count):
        client = closing.enter_context(connected(product))
        client.sendall(request)
        assert client.recv(15) == b"HTTP/1.1 200 OK"


def test_answers_that_nobody_takes_do_not_keep_their_threads(impatient):
    with ExitStack() as closing:
        leave_unread(impatient, 8, closing)
        assert httpx.get(impatient.url + "/health", timeout=20).status_code == 200


def test_who_takes_a_byte_now_and_then_is_cut_off_though_nobody_waits_for_the_thread(impatient):
    readers = Drips(impatient.url, large_result(impatient), 2, reads=True)
    readers.start()
    try:
        until(lambda: readers.cut_s() < float("inf"), 15)
    finally:
        readers.stop()


@pytest.mark.postgres
@pytest.mark.redis
def test_answers_that_nobody_takes_keep_no_connection_to_the_database(distributed):
    """Sixteen of them, where a process has ten connections."""
    key = distributed.account(3)
    with ExitStack() as closing:
        leave_unread(distributed, 16, closing)
        assert distributed.send(key).status_code == 200


def test_a_request_in_pieces_and_two_in_one_are_all_answered(impatient):
    one = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with connected(impatient) as client:
        for piece in (one[:9], one[9:-1], one[-1:] + one + last):
            client.sendall(piece)
            threading.Event().wait(0.05)
        answers = b"".join(iter(lambda: client.recv(4096), b""))
    assert answers.count(b"HTTP/1.1 200 OK") == 3


def test_a_client_that_waits_to_be_told_to_send_is_told(impatient):
    with connected(impatient) as client:
        client.sendall(body_head("x").replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n", 1))
        assert client.recv(12) in (b"HTTP/1.1 100", b"HTTP/1.1 401")


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
