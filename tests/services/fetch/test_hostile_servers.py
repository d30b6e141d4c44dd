"""Servers that answer slowly, endlessly or nonsense: a failure, in time, and never too many bytes."""

import gzip
import threading
import time
import tracemalloc

import pytest

from services.fetch import FetchFailed, dialing, fetch
from tests.services.fetch.internet import PUBLIC, Conversation
from tests.services.fetch.test_working import chunked, redirect

LIMIT = 100_000
DEADLINE_S = 0.2
PATIENT_S = 5.0  # for what must fail by itself, long before
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def failure(deadline_s: float = DEADLINE_S) -> float:
    """Seconds until the failure."""
    start = time.monotonic()
    with pytest.raises(FetchFailed):
        fetch("http://pictures.example/", max_bytes=LIMIT, deadline_s=deadline_s)
    return time.monotonic() - start


SLOW = {
    "no answer": lambda talk: talk.ended.wait(5),
    "a status line byte by byte": lambda talk: talk.drip(OK * 9),
    "headers byte by byte": lambda talk: talk.drip(OK + b"X-A: " + b"a" * 900),
    "one header after another": lambda talk: talk.drip(OK + b"X: y\r\n" * 90),
    "half a head": lambda talk: (talk.send(OK + b"X-A: a\r\n"), talk.ended.wait(5)),
    "half a body": lambda talk: (
        talk.send(OK + b"Content-Length: 500\r\n\r\n" + bytes(250)),
        talk.ended.wait(5),
    ),
    "a body byte by byte": lambda talk: (talk.send(OK + b"\r\n"), talk.drip(bytes(900))),
    "a body of known length byte by byte": lambda talk: (
        talk.send(OK + b"Content-Length: 900\r\n\r\n"),
        talk.drip(bytes(900)),
    ),
    "chunks byte by byte": lambda talk: (talk.send(CHUNKED), talk.drip(b"1\r\na\r\n" * 300)),
    "half a chunk": lambda talk: (talk.send(CHUNKED + b"9\r\na"), talk.ended.wait(5)),
    "half a chunk size": lambda talk: (talk.send(CHUNKED + b"9"), talk.ended.wait(5)),
    "a chunk extension byte by byte": lambda talk: (
        talk.send(CHUNKED + b"1;"),
        talk.drip(b"a" * 900),
    ),
    "trailers byte by byte": lambda talk: (
        talk.send(CHUNKED + b"0\r\n"),
        talk.drip(b"a: b\r\n" * 90),
    ),
    "no end after the last chunk": lambda talk: (talk.send(CHUNKED + b"0\r\n"), talk.ended.wait(5)),
    "no end of a body without a length": lambda talk: (
        talk.send(OK + b"\r\n" + bytes(500)),
        talk.ended.wait(5),
    ),
    "answers 100 byte by byte": lambda talk: talk.drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 60),
}

ENDLESS = {
    "body": (OK + b"\r\n", bytes(4096)),
    "body of another type": (OK + b"Content-Type: text/event-stream\r\n\r\n", b"data: a\n\n"),
    "status line": (b"HTTP/1.1 200 ", b"a" * 4096),
    "line that is no status": (b"", b"a" * 4096),
    "zeros": (b"", bytes(4096)),
    "header line": (OK + b"X-A: ", b"a" * 4096),
    "header name": (OK, b"a" * 4096),
    "number of headers": (OK, b"X-A: a\r\n" * 10),
    "folded header": (OK + b"X-A: a\r\n", b" a\r\n" * 100),
    "answers 100": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "answers 100 with headers": (b"", b"HTTP/1.1 100 Continue\r\nX-A: a\r\n\r\n"),
    "answers 103": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "chunks": (CHUNKED, b"1000\r\n" + bytes(4096) + b"\r\n"),
    "tiny chunks": (CHUNKED, b"1\r\na\r\n" * 100),
    "chunk": (CHUNKED + b"ffffffffffffffff\r\n", bytes(4096)),
    "chunk size": (CHUNKED, b"1" * 4096),
    "chunk size of zeros": (CHUNKED, b"0" * 4096),
    "chunk extension": (CHUNKED + b"1;", b"a" * 4096),
    "number of extensions": (CHUNKED, b"1;" + b"a" * 4000 + b"\r\na\r\n"),
    "trailer": (CHUNKED + b"0\r\nX-A: ", b"a" * 4096),
    "trailer behind a body": (CHUNKED + b"1\r\na\r\n0\r\n", b"X-A: a\r\n" * 100),
    "number of trailers": (CHUNKED + b"0\r\n", b"X-A: a\r\n" * 100),
    "chunk of minus one": (CHUNKED + b"-1\r\n", bytes(4096)),
}

BOMB = gzip.compress(bytes(10_000_000))
NONSENSE = {
    "nothing": b"",
    "an empty line": b"\r\n",
    "half a status line": b"HTTP/1.1 2",
    "a status line only": OK,
    "half a head": OK + b"Content-Le",
    "another protocol": b"220 mail.example ESMTP\r\n",
    "a greeting of SSH": b"SSH-2.0-OpenSSH_9.6\r\n",
    "an empty body": OK + b"Content-Length: 0\r\n\r\n",
    "an empty body without a length": OK + b"\r\n",
    "a bare picture": b"\x89PNG\r\n\x1a\n" + bytes(500),
    "an alert of TLS": b"\x15\x03\x01\x00\x02\x02\x46",
    "a version that is none": b"HTTP/x.y 200 OK\r\n\r\n",
    "another version": b"HTTP/2.0 200 OK\r\n\r\n",
    "a status that is none": b"HTTP/1.1 abc OK\r\n\r\n",
    "a status that is too large": b"HTTP/1.1 99999 OK\r\n\r\n",
    "no status": b"HTTP/1.1\r\n\r\n",
    "101": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n" + bytes(50),
    "103 and then a picture": b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK + b"\r\na",
    "204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "206": b"HTTP/1.1 206 Partial Content\r\nContent-Length: 1\r\n\r\na",
    "401": b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 1\r\n\r\na",
    "404": b"HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\na",
    "500": b"HTTP/1.1 500 Oops\r\nContent-Length: 1\r\n\r\na",
    "a header without a colon": OK + b"X-A a\r\n\r\na",
    "a header without a name": OK + b": a\r\n\r\na",
    "a gzip bomb": OK + b"Content-Encoding: gzip\r\n\r\n" + BOMB,
    "deflate": OK + b"Content-Encoding: deflate\r\n\r\na",
    "br": OK + b"Content-Encoding: br\r\n\r\na",
    "identity and gzip": OK + b"Content-Encoding: identity, gzip\r\n\r\na",
    "identity beside gzip": OK + b"Content-Encoding: identity\r\nContent-Encoding: gzip\r\n\r\na",
    "an empty encoding": OK + b"Content-Encoding:\r\n\r\na",
    "gzip as a transfer": OK + b"Transfer-Encoding: gzip\r\n\r\n" + BOMB,
    "gzip and chunked": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + chunked(BOMB),
    "chunked twice": OK + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n" + chunked(b"a"),
    "chunked and a length": OK
    + b"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n"
    + chunked(b"a"),
    "two lengths": OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a list of lengths": OK + b"Content-Length: 1, 1\r\n\r\na",
    "a negative length": OK + b"Content-Length: -1\r\n\r\na",
    "a length that is none": OK + b"Content-Length: one\r\n\r\na",
    "a length in hex": OK + b"Content-Length: 0x1\r\n\r\na",
    "an underscored length": OK + b"Content-Length: 1_0\r\n\r\n0123456789",
    "an empty length": OK + b"Content-Length: \r\n\r\na",
    "a length of a million digits": OK + b"Content-Length: " + b"9" * 10_000 + b"\r\n\r\na",
    "a length above the limit": OK + b"Content-Length: %d\r\n\r\na" % (LIMIT + 1),
    "a length that is too long": OK + b"Content-Length: 10\r\n\r\n012345678",
    "a body above the limit": OK + b"\r\n" + bytes(LIMIT + 1),
    "chunks above the limit": CHUNKED + chunked(bytes(LIMIT + 1)),
    "a chunk above the limit": CHUNKED + chunked(bytes(LIMIT + 1), LIMIT + 1),
    "chunks without an end": CHUNKED + b"1\r\na\r\n",
    "a chunk that ends early": CHUNKED + b"5\r\nabc",
    "a chunk size that is none": CHUNKED + b"x\r\na\r\n0\r\n\r\n",
    "an empty chunk size": CHUNKED + b"\r\na\r\n0\r\n\r\n",
    "a negative chunk size": CHUNKED + b"-5\r\nabcde\r\n0\r\n\r\n",
    "a chunk size of minus one": CHUNKED + b"-1\r\nabcde\r\n0\r\n\r\n",
    "a chunk of 2**64 bytes": CHUNKED + b"10000000000000000\r\na",
    "a chunk of 2**63 - 1 bytes": CHUNKED + b"7fffffffffffffff\r\na",
    "two answers 100 and nothing": b"HTTP/1.1 100 Continue\r\n\r\n" * 2,
}


@pytest.mark.parametrize("name", SLOW)
def test_a_slow_server_holds_the_caller_until_the_deadline_and_no_longer(net, name):
    net.serve(SLOW[name])
    assert DEADLINE_S - 0.05 < failure() < DEADLINE_S + 1


@pytest.mark.parametrize("name", ENDLESS)
def test_an_endless_answer_is_cut_off(net, name):
    def server(talk: Conversation) -> None:
        start, more = ENDLESS[name]
        talk.send(start)
        talk.flood(more * (65536 // len(more)))

    net.serve(server)
    tracemalloc.start()
    try:
        assert failure(PATIENT_S) < PATIENT_S
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_is_a_failure(net, name):
    net.serve(NONSENSE[name])
    assert failure(PATIENT_S) < PATIENT_S


@pytest.mark.parametrize("start", [b"", OK, OK + b"\r\na", CHUNKED + b"1\r\na"])
def test_a_reset_is_a_failure(net, start):
    def server(talk: Conversation) -> None:
        talk.send(start)
        talk.hang_up_hard()

    net.serve(server)
    assert failure(PATIENT_S) < PATIENT_S


def test_an_announced_length_above_the_limit_is_not_waited_for(net):
    def server(talk: Conversation) -> None:
        talk.send(OK + b"Content-Length: %d\r\n\r\n" % (LIMIT + 1))
        talk.ended.wait(PATIENT_S)

    net.serve(server)
    assert failure(PATIENT_S) < PATIENT_S - 1


def test_no_more_than_the_announced_length_is_read(net):
    net.serve(OK + b"Content-Length: 3\r\n\r\n" + b"abcdef" * 1000)
    assert fetch("http://pictures.example/", max_bytes=LIMIT) == b"abc"


def test_a_redirect_to_itself_ends(net):
    net.serve(redirect("http://pictures.example/"))
    assert failure(PATIENT_S) < PATIENT_S
    assert net.dials == [(PUBLIC, 80)] * 4


def test_the_body_of_a_redirect_is_not_read(net):
    def server(talk: Conversation) -> None:
        if len(net.requests) > 1:
            return talk.send(OK + b"\r\na")
        talk.send(redirect("/b.png").replace(b"Content-Length: 0", b"Content-Length: 999999999"))
        return talk.flood(bytes(65536))

    net.serve(server)
    assert fetch("http://pictures.example/", max_bytes=LIMIT) == b"a"


def test_redirects_share_one_deadline(net):
    def server(talk: Conversation) -> None:
        talk.ended.wait(DEADLINE_S * 0.45)
        talk.send(redirect("/again"))

    net.serve(server)
    assert DEADLINE_S - 0.05 < failure() < DEADLINE_S + 1
    assert 1 < len(net.dials) <= 3


def test_a_look_up_that_hangs_ends_with_the_deadline(net):
    def answer():
        net.hung.wait(5)
        return [PUBLIC]

    net.names["pictures.example"] = answer
    assert DEADLINE_S - 0.05 < failure() < DEADLINE_S + 1
    assert net.dials == []


def test_look_ups_that_hang_do_not_pile_up(net, monkeypatch):
    slots = threading.BoundedSemaphore(2)
    monkeypatch.setattr(dialing, "_lookups", slots)
    net.names["pictures.example"] = lambda: net.hung.wait(5) and [PUBLIC]
    for _ in range(3):
        failure()
    assert len(net.lookups) == 2
    net.hung.set()
    assert slots.acquire(timeout=5) and slots.acquire(timeout=5)


def test_a_dial_that_hangs_leaves_time_for_the_next_address(net):
    net.names["pictures.example"] = ["93.184.216.35", PUBLIC]
    net.silent.add("93.184.216.35")
    net.serve(OK + b"\r\na")
    assert fetch("http://pictures.example/", max_bytes=LIMIT, deadline_s=1) == b"a"


def test_dials_that_hang_end_with_the_deadline(net):
    net.names["pictures.example"] = [f"93.184.216.{last}" for last in range(100, 120)]
    net.silent.update(net.names["pictures.example"])
    assert DEADLINE_S - 0.05 < failure() < DEADLINE_S + 1


def test_a_deadline_in_the_past_asks_nobody(net):
    for seconds in (0.0, -1.0, float("nan")):
        with pytest.raises(FetchFailed):
            fetch("http://pictures.example/", max_bytes=LIMIT, deadline_s=seconds)
    assert (net.lookups, net.dials) == ([], [])
