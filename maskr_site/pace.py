"""At which pace a client has to send its request and take its answer, as the thread waits for it.

A request has a grace period, and after it has to come at a least average rate; an answer has to be
taken at one too. While threads are short there is less patience.
"""

import fcntl
import math
import socket
import struct
import termios
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from gunicorn.http.unreader import SocketUnreader

from maskr_site.reception import Arrival

#: For each block of an answer, tens of kilobytes: a client slower than that has gone away.
SEND_TIMEOUT_S = 30.0
#: Instead of UPLOAD_GRACE_S while threads are short: what the thread received of the request, or got rid
#: of from the block of an answer, buys time at the least rate.
PRESSED_GRACE_S = 2.0
_LOOK_EVERY_S = 0.5


class PatientUnreader(SocketUnreader):  # type: ignore[misc]
    """Reads one request after another from a socket; raises TimeoutError when one takes too long."""

    def __init__(
        self, sock: socket.socket, is_crowded: Callable[[], bool], must_go: Callable[[], bool]
    ) -> None:
        super().__init__(sock)
        self._is_crowded, self._must_go = is_crowded, must_go

    def begin(self, arrival: Arrival) -> None:
        """A new request, of which this much came so far; its time runs since then."""
        self.began_at = arrival.began_at
        self.received = self.received_before = len(arrival.received)
        self.sock.answered_at = None
        #: How long the thread has waited for more.
        self.waited_s = 0.0
        #: Whether the thread is needed for others: nothing more is read then, not for an answer's sake.
        self.is_over = False
        self.unread(bytes(arrival.received))

    def chunk(self, size_hint: int | None = None) -> bytes:
        prior = self.sock.gettimeout()
        try:
            data = self._awaited(size_hint, math.inf if prior is None else prior)
        finally:
            # From blocking to the time that a block of the answer may take.
            self.sock.settimeout(SEND_TIMEOUT_S if prior is None else prior)
        self.received += len(data)
        return data

    def _awaited(self, size_hint: int | None, silence_s: float) -> bytes:
        """Looks up now and then: others may have taken many threads meanwhile."""
        began_at, before_s = time.monotonic(), self.waited_s
        while True:
            left = min(self.seconds_left(), silence_s - (self.waited_s - before_s))
            self.is_over = self.is_over or self._must_go()
            if left <= 0 or self.is_over:
                raise TimeoutError("the request came too slowly")
            self.sock.settimeout(min(left, _LOOK_EVERY_S))
            try:
                data: bytes = super().chunk(size_hint)
            except TimeoutError:
                continue
            finally:
                self.waited_s = before_s + time.monotonic() - began_at
            return data

    def seconds_left(self) -> float:
        """What was received so far buys time at the least rate.

        While many threads are taken only what this one received does: who sends a lot at once, and then
        a byte a second, would have bought it for minutes. What is sent after the answer is known (to a
        wrong key, say) buys nothing then.
        """
        rate, now = settings.MIN_UPLOAD_BYTES_PER_S, time.monotonic()
        allowed_s = settings.UPLOAD_GRACE_S + self.received / rate
        left = self.began_at + allowed_s - now
        if self._is_crowded():
            bought_s = (self.received - self.received_before) / rate
            left = min(left, PRESSED_GRACE_S + bought_s - self.waited_s)
            if self.sock.answered_at is not None:
                left = min(left, self.sock.answered_at + PRESSED_GRACE_S - now)
        return float(left)


class PatientSocket(socket.socket):
    """Sends as long as the client takes it, with less patience when somebody waits for the thread."""

    #: When the answer was made, by time.monotonic(), where not everything of the request was read.
    answered_at: float | None = None

    def __init__(self, sock: socket.socket, is_pressed: Callable[[], bool]) -> None:
        super().__init__(sock.family, sock.type, sock.proto, fileno=sock.detach())
        self._is_pressed = is_pressed

    def note_answer(self) -> None:
        """What is read from now on is thrown away."""
        self.answered_at = time.monotonic()

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        """Raises TimeoutError for a client that does not take it."""
        rest, began_at = memoryview(data).cast("B"), time.monotonic()
        to_be_taken = len(rest) + self._kept_bytes()
        prior = self.gettimeout()
        self.settimeout(_LOOK_EVERY_S)
        try:
            while rest:
                rest = rest[self._send_some(rest, flags) :]
                waited_s = time.monotonic() - began_at
                if rest and waited_s > self._allowed_s(to_be_taken - len(rest)):
                    raise TimeoutError("the answer was taken too slowly")
        finally:
            self.settimeout(prior)

    def _send_some(self, data: memoryview, flags: int) -> int:
        try:
            return self.send(data, flags)
        except TimeoutError:
            return 0

    def _allowed_s(self, handed_over: int) -> float:
        """For a block: so many bytes the kernel had then, or has got since."""
        grace_s = PRESSED_GRACE_S if self._is_pressed() else settings.UPLOAD_GRACE_S
        taken_bytes = max(0, handed_over - self._kept_bytes())
        return float(min(grace_s + taken_bytes / settings.MIN_UPLOAD_BYTES_PER_S, SEND_TIMEOUT_S))

    def _kept_bytes(self) -> int:
        """What the kernel keeps for a client who has not taken it: megabytes, that would buy minutes."""
        try:
            waiting = fcntl.ioctl(self.fileno(), termios.TIOCOUTQ, bytes(4))
        except OSError:
            return 0  # not told everywhere
        return int(struct.unpack("i", waiting)[0])
