"""A customer with a journal: single requests, batches, downloads, and a steady load beside."""

import contextlib
import hashlib
import secrets
import threading
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import httpx

from tests.faults.journal import Download, Journal, Seen, Work, now
from tests.live.product import SERVICE
from tests.pictures import picture

_PICTURE = picture()


class Driver:
    """Sends to each of the addresses in turn and notes what came back; never raises for an answer."""

    def __init__(self, urls: Sequence[str], key: str, journal: Journal) -> None:
        self.urls, self.key, self.journal = list(urls), key, journal
        self._turns = count()
        # A kept connection would break with the process that holds its other end.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._client = httpx.Client(limits=limits, verify=False, trust_env=False)  # noqa: S501 - loopback, no TLS

    def close(self) -> None:
        self._client.close()

    def send(
        self,
        data: bytes = _PICTURE,
        *,
        url: str = "",
        path: str = SERVICE,
        idempotency_key: str = "",
        timeout_s: float = 120.0,
        **headers: str,
    ) -> Seen:
        files = [("file", ("photo.png", data))]
        return self._post(url, path, files, idempotency_key, timeout_s, headers)

    def batch(
        self,
        pictures: Sequence[bytes],
        *,
        url: str = "",
        idempotency_key: str = "",
        timeout_s: float = 300.0,
    ) -> Seen:
        files = [("files", (f"{index}.png", data)) for index, data in enumerate(pictures)]
        return self._post(url, f"{SERVICE}/batch", files, idempotency_key, timeout_s, {})

    def download(self, work: Work) -> None:
        """Fetches a result, and remembers what it was."""
        if not work.url:
            return
        try:
            response = self._client.get(self._reachable(work.url), timeout=60)
        except httpx.TransportError as error:
            self.journal.note_missed(f"{work.job_id}: {type(error).__name__}")
            return
        if response.status_code == 200:
            digest = hashlib.sha256(response.content).hexdigest()
            size = len(response.content)
            self.journal.note_download(Download(work.job_id, work.url, digest, size))
        else:
            self.journal.note_missed(f"{work.job_id}: {response.status_code}")

    def get(self, path: str, url: str = "", timeout_s: float = 30.0) -> httpx.Response:
        """A look-up, which is not noted."""
        headers = {"Authorization": f"Bearer {self.key}"}
        return self._client.get((url or self._next()) + path, headers=headers, timeout=timeout_s)

    @contextlib.contextmanager
    def steady(self, clients: int, *, pause_s: float = 0.0) -> Iterator[None]:
        """So many clients ask and download one after the other, until the block is left.

        After anything but a success a client waits a moment, as one would that is to try again.
        """
        stop = threading.Event()
        threads = [
            threading.Thread(target=self._go_on, args=(stop, pause_s)) for _ in range(clients)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def _go_on(self, stop: threading.Event, pause_s: float) -> None:
        while not stop.is_set():
            seen = self.send()
            for work in seen.works:
                self.download(work)
            stop.wait(pause_s if seen.is_success else max(pause_s, 0.25))

    def _post(
        self,
        url: str,
        path: str,
        files: list[tuple[str, tuple[str, bytes]]],
        idempotency_key: str,
        timeout_s: float,
        headers: dict[str, str],
    ) -> Seen:
        sent = {"Authorization": f"Bearer {self.key}"} | headers
        if idempotency_key:
            sent["Idempotency-Key"] = idempotency_key
        request_id = sent.setdefault("X-Request-ID", f"drv_{secrets.token_hex(8)}")
        seen = Seen(now(), path, idempotency_key=idempotency_key, request_id=request_id)
        address = (url or self._next()) + path
        try:
            response = self._client.post(address, headers=sent, files=files, timeout=timeout_s)
            _read(response, seen)
        except httpx.TransportError as error:
            seen.broke = type(error).__name__
        seen.seconds = now() - seen.began_at
        self.journal.note(seen)
        return seen

    def _next(self) -> str:
        return self.urls[next(self._turns) % len(self.urls)]

    def _reachable(self, url: str) -> str:
        """The same link by whichever process is alive: a result belongs to the installation."""
        return self._next() + url[url.index("/v1/files/") :]


def _read(response: httpx.Response, seen: Seen) -> None:
    seen.status = response.status_code
    seen.retry_after = response.headers.get("Retry-After", "")
    seen.replayed = response.headers.get("Idempotent-Replayed") == "true"
    if seen.is_success:
        seen.answer = response.json()
        seen.works = _works(seen.answer)
    else:
        seen.body = response.text[:2000]


def _works(body: dict[str, Any]) -> list[Work]:
    """Of the envelope of one job, or of a batch; items without a job cost nothing and have no row."""
    if "results" in body:
        rows = [row for row in body["results"] if "_" not in row["job_id"]]
    else:
        rows = [body["result"]]
    return [
        Work(row["job_id"], row["status"], row["credits_used"], row["output_url"]) for row in rows
    ]
