"""What surrounds the jobs in a worker process: connections, warm engines, heartbeat, sweeps."""

import logging
import os
import socket
import threading
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.conf import settings
from django.db import close_old_connections, connection
from django.db.models.functions import Now
from dramatiq.middleware import Middleware

from services.connections import takes_writes

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from services.models import LiveWorker

logger = logging.getLogger(__name__)
HEARTBEAT_S = 5.0
#: A worker not seen for this long counts as gone.
SILENCE_S = 20


class DatabaseConnections(Middleware):
    """Drops dead connections before a message, and returns live ones to the pool after it."""

    def before_process_message(self, *_args: Any) -> None:
        close_old_connections()

    def after_process_message(self, *_args: Any, **_kwargs: Any) -> None:
        if connection.vendor != "sqlite":
            connection.close()

    after_skip_message = after_process_message


class WorkerLifecycle(Middleware):
    """Warms the engines before the first message is taken, and runs the maintenance thread."""

    def __init__(self) -> None:
        self.maintenance: Maintenance | None = None
        self.errands: Errands | None = None
        self.companions: list[Rounds] = []

    def before_worker_boot(self, *_args: Any) -> None:
        from services.engines import engines  # loads onnxruntime, which only workers need

        engines().warm()
        self.maintenance = Maintenance(is_worker=True)
        self.maintenance.start()
        self.errands = Errands()
        self.errands.start()
        self.companions = companions()
        for rounds in self.companions:
            rounds.start()

    def before_worker_shutdown(self, *_args: Any) -> None:
        # Leases stay renewed while the running jobs finish; only the announcement ends.
        if self.maintenance:
            self.maintenance.leave()

    def after_worker_shutdown(self, *_args: Any) -> None:
        for rounds in (*self.companions, self.errands, self.maintenance):
            if rounds:
                rounds.stop()


class Rounds(threading.Thread):
    """Something done every few seconds beside requests and jobs, until stopped."""

    def __init__(self, name: str, interval_s: float) -> None:
        super().__init__(name=name, daemon=True)
        self.interval_s = interval_s
        self._stopped = threading.Event()

    def run(self) -> None:
        while True:
            try:
                self.round()
            except Exception:
                # A thread without a caller: a database that is away now may be back next time.
                logger.warning("%s round failed", self.name, exc_info=True)
            finally:
                connection.close()
            if self.pause():
                return

    def pause(self) -> bool:
        """Until the next round; True when there is to be none."""
        return self._stopped.wait(self.interval_s)

    def round(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        self._stopped.set()
        self.join(timeout=10)


class Errands(Rounds):
    """Payments and mails. A thread of its own: a slow answer of Stripe's, or of a mail server, must
    not keep leases from renewal."""

    def __init__(self, interval_s: float = HEARTBEAT_S) -> None:
        super().__init__("errands", interval_s)

    def round(self) -> None:
        # They need the models, and this module is loaded earlier.
        from accounts import errands as accounts_errands
        from billing import errands as billing_errands

        billing_errands.run()
        accounts_errands.run()


def companions() -> list[Rounds]:
    """What runs in every web and worker process beside the errands and the maintenance."""
    # They need the models, and this module is loaded earlier.
    from services.outgoing.couriers import Couriers
    from services.retention.chores import Housekeeping

    return [Couriers(), Housekeeping()]


class Absence:
    """For how long this process, looking every few seconds, has found no worker.

    A worker that left may be on its way back, and while the database is away, or can only be read, none
    can say that it lives: so no row tells, and after such a look, or one that came late, the time counts
    anew.
    """

    def __init__(self) -> None:
        self._since = self._looked_at = float("-inf")

    def look(self) -> float:
        """Seconds; 0 when somebody is there."""
        now, before = monotonic(), self._looked_at
        self._looked_at = float("-inf")  # unless the database answers
        if any_alive() or now - before > SILENCE_S or not takes_writes():
            self._since = now
        self._looked_at = now
        return now - self._since


class Maintenance(Rounds):
    """Every few seconds: renew leases, say that this worker lives, sweep what others left behind.

    Web processes run one too, so that jobs end even when no worker is left.
    """

    def __init__(self, *, is_worker: bool, interval_s: float = HEARTBEAT_S) -> None:
        super().__init__("maintenance", interval_s)
        self.is_worker = is_worker
        self.worker_id = uuid4()
        self.absence = Absence()

    def round(self) -> None:
        from services import leases, reaper  # they need the models, this module is loaded earlier

        leases.renew()
        if self.is_worker:
            self.announce()
        reaper.sweep(without_workers_s=self.absence.look())

    def announce(self) -> None:
        from services.engines import engines
        from services.models import LiveWorker

        LiveWorker.objects.update_or_create(
            id=self.worker_id,
            defaults={
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "engines": engines().status(),
                "seen_at": Now(),
            },
        )

    def leave(self) -> None:
        from services.models import LiveWorker

        self.is_worker = False
        LiveWorker.objects.filter(id=self.worker_id).delete()


def alive() -> "QuerySet[LiveWorker]":
    """The worker processes seen lately, by the database's clock."""
    from services.models import LiveWorker

    since = Now() - timedelta(seconds=max(SILENCE_S, settings.LEASE_S))
    return LiveWorker.objects.filter(seen_at__gte=since)


def any_alive() -> bool:
    return alive().exists()
