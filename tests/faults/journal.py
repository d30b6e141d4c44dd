"""What the clients saw: every request with its answer, and which answers are out of order."""

import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

#: What a client may be told while a part of the installation is away or full.
_REFUSALS = frozenset({402, 409, 429, 503, 507})
_TELL_WHEN = frozenset({429, 503})


@dataclass(frozen=True)
class Work:
    """One picture as an answer told of it."""

    job_id: str
    state: str
    credits: float | None
    url: str | None = None


@dataclass
class Seen:
    """One request; `broke` names the error when no whole answer came."""

    began_at: float
    path: str
    seconds: float = 0.0
    status: int = 0
    broke: str = ""
    retry_after: str = ""
    idempotency_key: str = ""
    request_id: str = ""
    replayed: bool = False
    works: list[Work] = field(default_factory=list)
    #: The whole envelope of a success.
    answer: dict[str, Any] = field(default_factory=dict)
    #: Of an answer that is no success: the beginning of its body.
    body: str = ""

    @property
    def ended_at(self) -> float:
        return self.began_at + self.seconds

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_done(self) -> bool:
        """Whether everything that was asked for was delivered."""
        return self.status == 200 and all(work.state == "completed" for work in self.works)

    @property
    def fault(self) -> str:
        """Why the answer is out of order; empty when it is not."""
        if self.broke:
            return f"{self.path}: {self.broke} after {self.seconds:.1f} s"
        if self.is_success:
            return ""
        if self.status not in _REFUSALS:
            return f"{self.path}: {self.status} {self.body[:200]}"
        if self.status in _TELL_WHEN and not self.retry_after:
            return f"{self.path}: {self.status} without Retry-After"
        return ""


@dataclass(frozen=True)
class Download:
    """A result as it was fetched the first time."""

    job_id: str
    url: str
    sha256: str
    size: int


class Journal:
    """Fills from any number of threads; the properties look at what is there by then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: list[Seen] = []
        self._downloads: dict[str, Download] = {}
        #: Downloads that failed: what was answered instead.
        self._missed: list[str] = []

    def note(self, seen: Seen) -> None:
        with self._lock:
            self._seen.append(seen)

    def note_download(self, download: Download) -> None:
        with self._lock:
            self._downloads.setdefault(download.job_id, download)

    def note_missed(self, reason: str) -> None:
        with self._lock:
            self._missed.append(reason)

    @property
    def seen(self) -> list[Seen]:
        with self._lock:
            return list(self._seen)

    @property
    def downloads(self) -> list[Download]:
        with self._lock:
            return list(self._downloads.values())

    @property
    def missed(self) -> list[str]:
        with self._lock:
            return list(self._missed)

    @property
    def works(self) -> list[Work]:
        """Every picture that any success told of, the latest word about each."""
        told = {work.job_id: work for seen in self.seen if seen.is_success for work in seen.works}
        return list(told.values())

    @property
    def faults(self) -> list[str]:
        """Answers out of order, broken connections among them."""
        return [seen.fault for seen in self.seen if seen.fault]

    @property
    def disorder(self) -> list[str]:
        """The same without broken connections, for experiments that break them."""
        return [seen.fault for seen in self.seen if seen.fault and not seen.broke]

    @property
    def statuses(self) -> Counter[str]:
        return Counter(seen.broke or str(seen.status) for seen in self.seen)

    def between(self, first: float, last: float) -> list[Seen]:
        """The requests that began in that time."""
        return [seen for seen in self.seen if first <= seen.began_at <= last]

    def first_done_after(self, moment: float) -> float | None:
        """Seconds from the moment to the end of the first request begun after it and served."""
        ends = [s.ended_at for s in self.seen if s.began_at >= moment and s.is_done]
        return min(ends) - moment if ends else None


def now() -> float:
    """The clock of every journal."""
    return time.monotonic()


def slowest(seen: Iterable[Seen]) -> float:
    return max((one.seconds for one in seen), default=0.0)
