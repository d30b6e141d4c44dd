"""gunicorn's threaded worker, with an end to its patience, and a clean one to its service.

A request gets no thread before it has begun in earnest (maskr_site.reception), and keeps it while the
client is quick enough (maskr_site.pace).
gunicorn itself waits for every byte as long as the client likes, in a thread. A proxy that buffers
requests (docs/deployment) does the same better; this is for a server without one.
"""

import selectors
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from gunicorn.workers.gthread import TConn, ThreadWorker

from maskr_site import reception
from maskr_site.pace import PatientSocket, PatientUnreader
from maskr_site.reception import Arrival

#: How long a connection is kept for what may still come: after the last answer, and at a stop
#: where nothing came yet.
_LINGER_S = 2.0
#: Of the time that a process has to end: for the last answers to be made and sent.
_FAREWELL_S = 5.0


class _Connection(TConn):  # type: ignore[misc]
    #: Of the request that is coming, until a thread has it.
    arrival: Arrival | None
    #: Closes the connection in its own time.
    see_off: "Callable[[_Connection], None]"
    #: Whether clients have to hurry with what they send.
    is_crowded: Callable[[], bool]

    def receive(self) -> Arrival:
        """Begins a request with what was read ahead of it, if anything was."""
        is_first = not isinstance(getattr(self.parser, "unreader", None), PatientUnreader)
        self.arrival = Arrival(b"" if is_first else self.parser.unreader.take_buffered())
        self.sock.setblocking(False)
        return self.arrival

    def init(self) -> None:
        """In the thread: hands what was received to the parser."""
        super().init()
        arrival, self.arrival = self.arrival, None
        if not isinstance(self.parser.unreader, PatientUnreader):
            self.parser.unreader = PatientUnreader(self.sock, self.is_crowded, _must_go)
        self.parser.unreader.begin(arrival or Arrival())

    def close(self, graceful: bool = False) -> None:
        if graceful:
            self.see_off(self)
        else:
            super().close()


def _must_go() -> bool:
    from services import waiting  # not before there are models

    return waiting.must_go()


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """Threads of gunicorn that begin late, and are given back when a client is too slow."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: Whose request is still coming, the longest first.
        self.arriving: dict[_Connection, Arrival] = {}
        #: Who was answered for the last time: when to close, whatever still comes.
        self.leaving: dict[_Connection, float] = {}
        #: Requests that have a thread or wait for one.
        self.in_hand = 0

    def handle_exit(self, sig: Any, frame: Any) -> None:
        """At the signal to stop: who waits for a picture is answered before the process is killed."""
        from services import waiting  # not before there are models

        waiting.close_at(time.monotonic() + self.cfg.graceful_timeout - _FAREWELL_S)
        super().handle_exit(sig, frame)

    def handle_quit(self, sig: Any, frame: Any) -> None:
        """At Ctrl-C: soon, and not at once. gunicorn's own leaves who waits without an answer, and without
        the work they wait for, until the process is killed."""
        from services import waiting  # not before there are models

        self.handle_exit(sig, frame)
        waiting.close_at(time.monotonic())

    def is_pressed(self) -> bool:
        """Whether requests wait for a thread."""
        return self.in_hand > int(self.cfg.threads)

    def is_crowded(self) -> bool:
        """Whether half of the threads are taken: with three quarters the door begins to refuse."""
        return self.in_hand > int(self.cfg.threads) // 2

    def enqueue_req(self, conn: Any) -> None:
        """A connection was made, or has something to read: a thread follows when that is enough."""
        # Made by gunicorn a line before, nothing read yet.
        if type(conn) is TConn:
            conn.__class__ = _Connection
            conn.sock = PatientSocket(conn.sock, self.is_pressed)
            conn.see_off, conn.is_crowded = self._see_off, self.is_crowded
        arrival = conn.receive()
        arrival.take_from(conn.sock)
        if arrival.is_enough():
            self._give_thread(conn)
            return
        self.arriving[conn] = arrival
        more = partial(self._on_more, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, more)

    def _on_more(self, conn: _Connection, sock: socket.socket) -> None:
        arrival = self.arriving[conn]
        arrival.take_from(sock)
        if arrival.is_enough():
            self._end_arrival(conn)
            self._give_thread(conn)

    def _give_thread(self, conn: _Connection) -> None:
        conn.data_ready = True  # or gunicorn would wait for more in the thread
        self.in_hand += 1
        super().enqueue_req(conn)

    def finish_request(self, conn: Any, fs: Any) -> None:
        """The thread is done with it; the connection may go on."""
        self.in_hand -= 1
        super().finish_request(conn, fs)

    def _end_arrival(self, conn: _Connection) -> None:
        del self.arriving[conn]
        self.poller.unregister(conn.sock)

    def murder_pending(self) -> None:
        """Called every second at least: ends what has been coming for too long."""
        super().murder_pending()
        now = time.monotonic()
        for conn, arrival in list(self.arriving.items()):
            is_idle_at_stop = not self.alive and not arrival.received
            limit_s = _LINGER_S if is_idle_at_stop else settings.UPLOAD_GRACE_S
            if now - arrival.began_at > limit_s:
                self._give_up(conn, arrival)
        for conn in [conn for conn, until in self.leaving.items() if now > until]:
            self._end_leaving(conn)

    def _give_up(self, conn: _Connection, arrival: Arrival) -> None:
        """With a whole head the product answers, in the shape of the address: its time is over."""
        self._end_arrival(conn)
        if arrival.has_head:
            self._give_thread(conn)
            return
        if arrival.received:
            reception.refuse(conn.sock)
        self.nr_conns -= 1
        conn.close(graceful=True)

    def _see_off(self, conn: _Connection) -> None:
        """Reads on for a moment after the last answer: a reset would take it from who still sends.

        gunicorn waits for that in its main loop, up to two seconds for each connection, in which
        nobody else is served.
        """
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_leaving, conn))
        except OSError:
            conn.close()
            return
        self.leaving[conn] = time.monotonic() + _LINGER_S

    def _on_leaving(self, conn: _Connection, sock: socket.socket) -> None:
        try:
            has_ended = not sock.recv(reception.ENOUGH_BYTES)
        except BlockingIOError:
            return
        except OSError:
            has_ended = True
        if has_ended:
            self._end_leaving(conn)

    def _end_leaving(self, conn: _Connection) -> None:
        del self.leaving[conn]
        self.poller.unregister(conn.sock)
        conn.close()

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
