"""Threads that deliver, in every web and worker process: a few at once, and few to one endpoint.

A slow endpoint occupies its own share and no more, and so do all of one owner; pictures have other
threads.
"""

import logging
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from uuid import UUID

from django.conf import settings
from django.db import connection

from services.outgoing import deliveries, endpoints, waking
from services.outgoing.models import WebhookDelivery
from services.workers import HEARTBEAT_S, Rounds

logger = logging.getLogger(__name__)


class Couriers(Rounds):
    """Takes what is due, as long as threads are free; woken when there is more or one is free."""

    def __init__(self, interval_s: float = HEARTBEAT_S) -> None:
        super().__init__("webhooks", interval_s)
        self.threads = settings.WEBHOOK_THREADS
        # One endpoint that hangs must leave threads for the others, and one owner's to other owners'.
        self.most_to_one = max(1, self.threads // 4)
        self.most_of_one = max(1, self.threads // 2)
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="webhook")
        self._under_way: Counter[UUID] = Counter()
        self._of_owners: Counter[int] = Counter()
        self._lock = Lock()

    def round(self) -> None:
        endpoints.tell_owners()
        while found := self._next():
            for delivery in found:
                if deliveries.take(delivery):
                    self._send_off(delivery)

    def pause(self) -> bool:
        waking.woken.wait(self.interval_s)
        waking.woken.clear()
        return self._stopped.is_set()

    def stop(self) -> None:
        """What was not begun stays due; what was ends within its deadline."""
        self._stopped.set()
        waking.wake()
        self.join(timeout=10)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _next(self) -> list[WebhookDelivery]:
        """One for each owner who has threads left, at most; so a long queue holds up no other."""
        with self._lock:
            free = self.threads - self._under_way.total()
            busy = [pk for pk, count in self._under_way.items() if count >= self.most_to_one]
            served = [pk for pk, count in self._of_owners.items() if count >= self.most_of_one]
        if free < 1 or self._stopped.is_set():
            return []
        rows = deliveries.due().exclude(endpoint_id__in=busy)
        rows = rows.exclude(endpoint__owner_id__in=served).select_related("endpoint")
        first = rows.only("id", "state", "next_at", "endpoint__owner")[: 4 * self.threads]
        one_each = {delivery.endpoint.owner_id: delivery for delivery in reversed(first)}
        return list(one_each.values())[:free]

    def _send_off(self, delivery: WebhookDelivery) -> None:
        endpoint, owner = delivery.endpoint_id, delivery.endpoint.owner_id
        with self._lock:
            self._under_way[endpoint] += 1
            self._of_owners[owner] += 1
        self._pool.submit(self._attempt, delivery.pk, endpoint, owner)

    def _attempt(self, delivery_id: UUID, endpoint_id: UUID, owner_id: int) -> None:
        try:
            deliveries.attempt(delivery_id)
        except Exception:
            # A thread without a caller: the delivery is due again when its hold has passed.
            logger.exception("webhook delivery %s could not be attempted", delivery_id)
        finally:
            connection.close()
            with self._lock:
                self._under_way[endpoint_id] -= 1
                self._of_owners[owner_id] -= 1
                # Drops what is at zero.
                self._under_way += Counter()
                self._of_owners += Counter()
            waking.wake()
