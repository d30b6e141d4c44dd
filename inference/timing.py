"""Stage timings of one request, so that a slow answer can say where its time went."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """Adds up milliseconds for each named stage. Belongs to one request, so it is not locked."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, float] = {}

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            elapsed = (time.perf_counter() - start) * 1000
            self.milliseconds[stage] = self.milliseconds.get(stage, 0.0) + elapsed
