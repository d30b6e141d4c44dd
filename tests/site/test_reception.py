"""How much of a request is there before it gets a thread."""

import socket
from collections.abc import Iterator

import pytest

from maskr_site.reception import ENOUGH_BYTES, Arrival

HEAD = b"POST /v1 HTTP/1.1\r\nHost: a\r\n"


class Sender:
    """One end of a connection; what it sends is read at once by the arrival at the other."""

    def __init__(self) -> None:
        self.sock, self.other = socket.socketpair()
        self.other.setblocking(False)
        self.arrival = Arrival()

    def sends(self, data: bytes) -> bool:
        """Whether a thread has something to do then."""
        self.sock.sendall(data)
        return self.looks()

    def looks(self) -> bool:
        self.arrival.take_from(self.other)
        return self.arrival.is_enough()


@pytest.fixture
def sender() -> Iterator[Sender]:
    sender = Sender()
    yield sender
    sender.sock.close()
    sender.other.close()


def test_a_connection_that_says_nothing_waits(sender):
    assert not sender.looks()


def test_half_a_head_waits(sender):
    assert not sender.sends(HEAD)


def test_a_request_without_a_body_is_whole_with_its_head(sender):
    assert sender.sends(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")


def test_a_head_in_two_parts_is_a_head(sender):
    sender.sends(HEAD + b"\r")
    assert sender.sends(b"\n")


def test_a_body_that_is_not_whole_waits(sender):
    assert not sender.sends(HEAD + b"Content-Length: 10\r\n\r\n123456789")


def test_a_whole_body_gets_a_thread(sender):
    assert sender.sends(HEAD + b"content-length:10\r\n\r\n1234567890")


def test_the_beginning_of_a_large_body_gets_a_thread(sender):
    assert sender.sends(HEAD + b"Content-Length: 10000000\r\n\r\n" + bytes(ENOUGH_BYTES))


def test_a_head_without_end_gets_a_thread_that_refuses_it(sender):
    assert sender.sends(b"x" * ENOUGH_BYTES)


def test_a_client_that_waits_for_the_word_to_go_on_gets_a_thread(sender):
    assert sender.sends(HEAD + b"Expect: 100-continue\r\nContent-Length: 10\r\n\r\n")


def test_a_chunked_body_waits_for_its_last_chunk(sender):
    assert not sender.sends(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n")


@pytest.mark.parametrize("last", [b"0\r\n\r\n", b"000\r\n\r\n", b"0;a=b\r\nX: y\r\n\r\n"])
def test_a_whole_chunked_body_gets_a_thread(sender, last):
    sender.sends(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n")
    assert sender.sends(last)


def test_an_empty_chunked_body_gets_a_thread(sender):
    assert sender.sends(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")


def test_a_client_that_hung_up_gets_a_thread_that_notices(sender):
    sender.sock.close()
    assert sender.looks()


def test_what_was_read_ahead_counts():
    assert Arrival(b"GET / HTTP/1.1\r\n\r\n").is_enough()


def test_nothing_that_came_is_lost(sender):
    sender.sends(HEAD)
    sender.sends(b"\r\n")
    assert bytes(sender.arrival.received) == HEAD + b"\r\n"
