"""gunicorn's threaded worker, with an end to its patience, and a clean one to its service.

A request has a grace period, and after it has to come at a least average rate; an answer has to be
taken at one too. gunicorn itself waits for every byte as long as the client likes. A proxy that
buffers requests (docs/deployment) does the same better; this is for a server without one.
"""

import socket
import time
from typing import Any

from django.conf import settings
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn, ThreadWorker

#: For each block of an answer, tens of kilobytes: a client slower than that has gone away.
SEND_TIMEOUT_S = 30.0


class PatientUnreader(SocketUnreader):  # type: ignore[misc]
    """Reads one request after another from a socket; raises TimeoutError when one takes too long."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        self.begin()

    def begin(self) -> None:
        """A new request: its time starts with the first byte, which is there already."""
        self.began_at = time.monotonic()
        self.received = 0

    def chunk(self, size_hint: int | None = None) -> bytes:
        prior = self.sock.gettimeout()
        left = self.seconds_left()
        if left <= 0:
            raise TimeoutError("the request came too slowly")
        self.sock.settimeout(left if prior is None else min(prior, left))
        try:
            data: bytes = super().chunk(size_hint)
        finally:
            # From blocking to the time that a block of the answer may take.
            self.sock.settimeout(SEND_TIMEOUT_S if prior is None else prior)
        self.received += len(data)
        return data

    def seconds_left(self) -> float:
        """What was received so far buys time at the least rate."""
        allowed_s = settings.UPLOAD_GRACE_S + self.received / settings.MIN_UPLOAD_BYTES_PER_S
        return float(self.began_at + allowed_s - time.monotonic())


class _Connection(TConn):  # type: ignore[misc]
    def init(self) -> None:
        was_initialized = self.initialized
        super().init()
        unreader = getattr(self.parser, "unreader", None)
        if not was_initialized and isinstance(unreader, SocketUnreader):
            self.parser.unreader = PatientUnreader(self.sock)
        elif isinstance(unreader, PatientUnreader):
            unreader.begin()


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """Threads of gunicorn that are given back when a client is too slow."""

    def enqueue_req(self, conn: Any) -> None:
        # Made by gunicorn a line before, nothing read yet.
        if type(conn) is TConn:
            conn.__class__ = _Connection
        super().enqueue_req(conn)

    def set_accept_enabled(self, enabled: bool) -> None:
        """At a stop, takes in who has knocked already, and closes the door at once.

        gunicorn leaves it open without looking until the last answer is sent: a proxy would go on
        sending requests to it, which all end in a reset.
        """
        is_stopping = not enabled and not self.alive and self._accepting
        if is_stopping:
            for listener in self.sockets:
                self._accept_all(listener)
        super().set_accept_enabled(enabled)
        if is_stopping:
            for listener in self.sockets:
                listener.close()

    def _accept_all(self, listener: Any) -> None:
        known = -1
        while self.nr_conns != known:
            known = self.nr_conns
            self.accept(listener)
