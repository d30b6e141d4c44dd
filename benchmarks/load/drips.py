"""Hundreds of connections that send, or read, a byte a second."""

import socket
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

_ESTABLISHED = "01"


class Drips(threading.Thread):
    """Opens so many at once, keeps them dripping until stopped, and counts who is left."""

    def __init__(self, url: str, head: bytes, count: int, *, reads: bool = False) -> None:
        super().__init__(daemon=True)
        address = urlsplit(url)
        self.address = (str(address.hostname), int(address.port or 80))
        self.head, self.count, self.reads = head, count, reads
        self.left: list[tuple[float, int]] = []
        self._over = threading.Event()
        self.began = time.monotonic()

    def run(self) -> None:
        clients = [self._open() for _ in range(self.count)]
        while not self._over.wait(1.0):
            for client in clients:
                self._drip(client)
            self.left.append((time.monotonic() - self.began, self._held(clients)))
        for client in clients:
            client.close()

    def stop(self) -> None:
        self._over.set()
        self.join()

    def cut_s(self) -> float:
        """When the last of them was cut; infinite where some were left."""
        return next((at for at, left in self.left if not left), float("inf"))

    def _open(self) -> socket.socket:
        client = socket.socket()
        if self.reads:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(20)
        client.connect(self.address)
        client.sendall(self.head)
        client.setblocking(False)
        return client

    def _drip(self, client: socket.socket) -> None:
        try:
            if self.reads:
                client.recv(1)
            else:
                client.send(b"x")
        except OSError:
            return  # cut, or nothing to read yet: the server's end is what counts

    def _held(self, clients: list[socket.socket]) -> int:
        """How many connections the server keeps open: it may have closed what we still read."""
        ports = {f"{client.getsockname()[1]:04X}" for client in clients}
        own = f":{self.address[1]:04X}"
        lines = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
        return sum(
            line[1].endswith(own) and line[2].split(":")[1] in ports and line[3] == _ESTABLISHED
            for line in lines
        )
