"""Webhooks: signed, sent in order by a thread of their own, tried again with growing gaps."""

import hashlib
import hmac
import json
import threading
import time
from dataclasses import dataclass, field

import httpx

from tests.stripe_server.world import Thing

QUICK_GAPS = (0.05, 0.1, 0.2, 0.4, 0.8)
_TIMEOUT_S = 20.0


def signature(payload: bytes, secret: str, at: float | None = None) -> str:
    """The value of the Stripe-Signature header."""
    moment = int(time.time() if at is None else at)
    signed = f"{moment}.".encode() + payload
    return f"t={moment},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def payload_of(event: Thing) -> bytes:
    return json.dumps(event, indent=2).encode()


@dataclass(frozen=True)
class Attempt:
    event: str
    type: str
    number: int
    status: int | None
    error: str = ""

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass
class _Due:
    at: float
    event: Thing
    number: int = 1


@dataclass
class Deliveries:
    """Held or without an address, events are collected and sent only by `send`."""

    url: str
    secret: str
    gaps: tuple[float, ...] = QUICK_GAPS
    attempts: list[Attempt] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._changed = threading.Condition()
        self._due: list[_Due] = []
        self._held: list[Thing] = []
        self._is_holding = self._is_stopped = self._is_sending = False
        # No line is kept open between deliveries: a receiver that is stopped would wait for it.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.Client(timeout=_TIMEOUT_S, trust_env=False, limits=limits)
        self._thread = threading.Thread(target=self._run, name="stripe webhooks", daemon=True)
        self._thread.start()

    def push(self, event: Thing) -> None:
        with self._changed:
            if self._is_holding or not self.url:
                self._held.append(event)
            else:
                self._due.append(_Due(time.monotonic(), event))
            self._changed.notify_all()

    def hold(self) -> None:
        with self._changed:
            self._is_holding = True

    @property
    def held(self) -> list[Thing]:
        with self._changed:
            return list(self._held)

    def release(self) -> None:
        """Sends what was collected, in the order it came about, and holds no longer."""
        with self._changed:
            self._is_holding = False
            events, self._held = self._held, []
        for event in events:
            self.push(event)

    def forget_held(self) -> None:
        with self._changed:
            self._held.clear()

    def send(self, event: Thing, number: int = 1) -> Attempt:
        """One delivery now, by the calling thread; several threads may send at once."""
        body = payload_of(event)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(body, self.secret),
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        try:
            status = self._client.post(self.url, content=body, headers=headers).status_code
            attempt = Attempt(event["id"], event["type"], number, status)
        except httpx.HTTPError as error:
            attempt = Attempt(event["id"], event["type"], number, None, repr(error))
        with self._changed:
            self.attempts.append(attempt)
            if attempt.succeeded:
                event["pending_webhooks"] = 0
        return attempt

    def wait(self, timeout_s: float = 20.0) -> None:
        """Returns once nothing is left to send, retries included."""
        with self._changed:
            if not self._changed.wait_for(self._is_idle, timeout_s):
                raise TimeoutError(f"webhooks were still being sent after {timeout_s:g} s")

    def stop(self) -> None:
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()
        self._thread.join()
        self._client.close()

    def _is_idle(self) -> bool:
        return not self._due and not self._is_sending

    def _run(self) -> None:
        while (due := self._next()) is not None:
            attempt = self.send(due.event, due.number)
            with self._changed:
                self._is_sending = False
                if not attempt.succeeded and due.number <= len(self.gaps):
                    at = time.monotonic() + self.gaps[due.number - 1]
                    self._due.append(_Due(at, due.event, due.number + 1))
                self._changed.notify_all()

    def _next(self) -> _Due | None:
        """Waits for the earliest; of those that are due, the one that came first."""
        with self._changed:
            while not self._is_stopped:
                if self._due:
                    first = min(self._due, key=lambda due: due.at)
                    if (left := first.at - time.monotonic()) <= 0:
                        self._due.remove(first)
                        self._is_sending = True
                        return first
                    self._changed.wait(left)
                else:
                    self._changed.wait()
        return None
