"""A customer's server: really listens on the loopback, keeps what it was sent, behaves as told."""

import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


class Talk:
    """One connection, after the whole request has come."""

    def __init__(self, connection: socket.socket, ended: threading.Event) -> None:
        self.connection = connection
        self.ended = ended

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)


Behaviour = Callable[[Talk], None]


def answers(status: int, headers: str = "", body: bytes = b"") -> Behaviour:
    head = f"HTTP/1.1 {status} Status\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    return lambda talk: talk.send(head.encode() + body)


def hangs(talk: Talk) -> None:
    talk.ended.wait(20)


def hangs_up(talk: Talk) -> None:
    talk.connection.close()


def drips_its_status(talk: Talk) -> None:
    for byte in b"HTTP/1.1 200 OK and more and more" * 10:
        talk.send(bytes([byte]))
        talk.ended.wait(0.05)


def drips_its_body(talk: Talk) -> None:
    talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while not talk.ended.wait(0.05):
        talk.send(b"x")


def never_ends(talk: Talk) -> None:
    talk.send(b"HTTP/1.1 200 OK\r\n\r\n")
    while not talk.ended.is_set():
        talk.send(bytes(65536))


def never_ends_its_head(talk: Talk) -> None:
    talk.send(b"HTTP/1.1 200 OK\r\n")
    while not talk.ended.is_set():
        talk.send(b"X-More: of the same\r\n" * 100)


def talks_nonsense(talk: Talk) -> None:
    talk.send(b"SSH-2.0-OpenSSH_9.2\r\n")


class Receiver:
    def __init__(self) -> None:
        self.behaviour: Behaviour = answers(200)
        self.received: list[Received] = []
        self.most_at_once = 0
        self._open = 0
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        threading.Thread(target=self._accept, daemon=True).start()

    def disappear(self) -> None:
        """Nothing listens there any more."""
        self._ended.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._talk, args=[connection], daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with self._lock:
            self._open += 1
            self.most_at_once = max(self.most_at_once, self._open)
        try:
            with contextlib.suppress(OSError), connection:
                connection.settimeout(5)
                self.received.append(_read(connection))
                self.behaviour(Talk(connection, self._ended))
        finally:
            with self._lock:
                self._open -= 1


def _read(connection: socket.socket) -> Received:
    with connection.makefile("rb") as stream:
        path = stream.readline().decode().split()[1]
        headers = {}
        while line := stream.readline().decode().strip():
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        return Received(path, headers, stream.read(int(headers["content-length"])))
