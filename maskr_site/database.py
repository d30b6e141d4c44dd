"""Connections to PostgreSQL that give up, in web processes, when nobody is at home.

A server that hangs (stopped, swapping, its disk gone) keeps its connections, and the kernel goes on
acknowledging what it is sent: neither keep-alives nor the time-outs of TCP tell, and a limit for
statements is the server's own to enforce. Silence alone proves nothing: a statement may wait for
a lock. So after a silence we knock at the door: whoever is answered there goes on waiting.
"""

import socket
import struct
import threading
import time
from typing import Any

import psycopg
from psycopg import errors
from psycopg.abc import RV, PQGen

#: Of a statement, before we knock, and while the server is known to hang.
_SILENCE_S, _KNOWN_SILENCE_S = 1.5, 0.25
#: How long we stand at the door, and how long an answer is good.
_KNOCK_S, _GOOD_FOR_S = 1.0, 1.0
#: For how long a connection to a standby is kept.
_ON_STANDBY_S = 1.0
#: The SSLRequest of PostgreSQL's protocol: its length, its number.
_IS_THERE_SSL = struct.pack("!ii", 8, 80877103)


class _Door:
    """Whether the server is at home, asked by one of all who wait for it."""

    def __init__(self) -> None:
        self.is_watched = False
        self._lock = threading.Lock()
        self._asked_at = float("-inf")
        self._is_answered = True

    @property
    def silence_s(self) -> float | None:
        """How long a statement may be silent before it is worth asking; None for ever."""
        if not self.is_watched:
            return None
        return _SILENCE_S if self._is_answered else _KNOWN_SILENCE_S

    def is_answered(self, connection: psycopg.Connection) -> bool:
        with self._lock:
            if time.monotonic() - self._asked_at > _GOOD_FOR_S:
                self._is_answered = _knock(connection.info)
                self._asked_at = time.monotonic()
            return self._is_answered


_door = _Door()


def be_impatient() -> None:
    """From now on in this process: a web process, which has a client waiting.

    A worker waits, since what it has computed is worth more than its time; so does a migration.
    """
    _door.is_watched = True


class KnockingConnection(psycopg.Connection):
    """Raises OperationalError, and is closed, when its server does not answer anybody any more.

    In a failover the server's name may lead to a standby for a while, which answers, lets nothing be
    written, and may stay one for ever: a connection to it is soon replaced, by one to where the name
    leads then. Until somebody is promoted, everything can be read.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._made_at = time.monotonic()

    def execute(self, *args: Any, **options: Any) -> Any:
        """By this the pool asks, before each use, whether it is still good; Django uses cursors."""
        is_old = time.monotonic() - self._made_at > _ON_STANDBY_S
        if is_old and self.info.parameter_status("in_hot_standby") == "on":
            self.close()
            raise psycopg.OperationalError("the database is a standby")
        return super().execute(*args, **options)

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Whatever is asked of the server passes here."""
        while timeout is None and (silence_s := _door.silence_s) is not None:
            try:
                return super().wait(gen, interval, silence_s)
            except errors._WaitTimeout:
                if not _door.is_answered(self):
                    self.pgconn.finish()
                    raise psycopg.OperationalError("the database does not answer") from None
        return super().wait(gen, interval, timeout)


def patient_for_seconds(*, pool_size: int) -> dict[str, Any]:
    """Django's OPTIONS for a pool that tells within seconds that the database is away, and back."""
    return {
        # A server that does not even refuse counts as away.
        "connect_timeout": 5,
        # A machine that is gone, not a server that hangs: that one's kernel goes on acknowledging.
        "tcp_user_timeout": 10_000,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "pool": {
            "min_size": 1,
            "max_size": pool_size,
            "connection_class": KnockingConnection,
            # With what else a refusal takes, it must come within five seconds.
            "timeout": 3.5,
            # Then the next request tries anew. The pool by itself would wait twice as long before
            # each try, and so not see for minutes that a database is back.
            "reconnect_timeout": 2,
        },
    }


def _knock(server: psycopg.ConnectionInfo) -> bool:
    """Asks what every server says before it asks who is there; also one with no connection left."""
    try:
        with _at_the_door(server) as visit:
            visit.sendall(_IS_THERE_SSL)
            return bool(visit.recv(1))
    except OSError:
        return False


def _at_the_door(server: psycopg.ConnectionInfo) -> socket.socket:
    if not server.host.startswith("/"):
        return socket.create_connection((server.hostaddr or server.host, server.port), _KNOCK_S)
    visit = socket.socket(socket.AF_UNIX)
    visit.settimeout(_KNOCK_S)
    visit.connect(f"{server.host}/.s.PGSQL.{server.port}")
    return visit
