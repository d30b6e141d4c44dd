"""An internet of this process: names, addresses and servers, and a record of every dial.

A server listens on a free port of the loopback, and is reached by dialling the public address and
port it was put on. Whatever else is dialled is recorded and refused.
"""

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

PUBLIC = "93.184.216.34"
OTHER = "151.101.1.69"
PUBLIC_V6 = "2606:2800:220:1:248:1893:25c8:1946"
Handler = Callable[["Conversation"], None]
Answers = list[str] | Callable[[], list[str]]


class Conversation:
    """One connection, from the server's side, after the head of the request has come."""

    def __init__(self, connection: socket.socket, request: bytes, ended: threading.Event) -> None:
        self.connection = connection
        self.request = request
        self.ended = ended

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def drip(self, data: bytes, every_s: float = 0.02) -> None:
        for byte in data:
            self.send(bytes([byte]))
            self.ended.wait(every_s)

    def flood(self, data: bytes) -> None:
        """Until the other side hangs up."""
        while not self.ended.is_set():
            self.send(data)

    def hang_up_hard(self) -> None:
        """With a reset instead of an end."""
        self.connection.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
        )  # on, 0 s
        self.connection.close()


class Internet:
    def __init__(self) -> None:
        self.names: dict[str, Answers] = {}
        self.lookups: list[str] = []
        self.dials: list[tuple[str, int]] = []
        self.requests: list[bytes] = []
        self.served: dict[tuple[str, int], socket.socket] = {}
        self.payload = b""  # for a server to send, where a test changes it
        self.silent: set[str] = set()  # a dial to these gets no answer
        self.hung = threading.Event()  # set at the end, for look-ups to wait for
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []
        self._connect = socket.socket.connect

    def serve(
        self, handler: Handler | bytes, address: str = PUBLIC, port: int = 80, tls: Any = None
    ) -> None:
        """Puts a server there. Bytes are what it answers to everything."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.served[address, port] = listener
        answer: Handler = handler if callable(handler) else lambda talk: talk.send(handler)
        self._run(self._accept, listener, answer, tls)

    def getaddrinfo(self, host: str, port: int, *_args: Any, **_options: Any) -> list[Any]:
        self.lookups.append(host)
        answers = self.names.get(host, [])
        found = answers() if callable(answers) else answers
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (ip, port, 0, 0))
            if ":" in ip
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port))
            for ip in found
        ]

    def connect(self, sock: socket.socket, address: Any) -> None:
        where = (address[0], address[1])
        self.dials.append(where)
        if address[0] in self.silent:
            self._ended.wait(sock.gettimeout())
            raise TimeoutError("timed out")
        if where not in self.served:
            raise ConnectionRefusedError(111, "Connection refused")
        port = self.served[where].getsockname()[1]
        if sock.family == socket.AF_INET6:
            with socket.socket() as stand_in:  # the loopback may have no IPv6
                self._connect(stand_in, ("127.0.0.1", port))
                os.dup2(stand_in.fileno(), sock.fileno())
            sock.settimeout(sock.gettimeout())
        else:
            self._connect(sock, ("127.0.0.1", port))

    def end(self) -> None:
        self.hung.set()
        self._ended.set()
        for listener in self.served.values():
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
            listener.close()
        for thread in self._threads:
            thread.join(5)

    def _run(self, function: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket, handler: Handler, tls: Any) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.settimeout(5)
                self._run(self._talk, connection, handler, tls)

    def _talk(self, connection: socket.socket, handler: Handler, tls: Any) -> None:
        with contextlib.suppress(OSError), connection:
            if tls is not None:
                connection = tls.wrap_socket(connection, server_side=True)
            with connection:
                request = b""
                while not request.endswith(b"\r\n\r\n"):
                    if not (data := connection.recv(4096)):
                        return
                    request += data
                self.requests.append(request)
                handler(Conversation(connection, request, self._ended))


@contextlib.contextmanager
def internet(patch: Callable[[object, str, Any], None]) -> Iterator[Internet]:
    """`patch` is setattr that somebody undoes. No other network is in reach meanwhile."""
    network = Internet()
    patch(socket, "getaddrinfo", network.getaddrinfo)
    patch(socket.socket, "connect", lambda sock, address: network.connect(sock, address))
    try:
        yield network
    finally:
        network.end()
