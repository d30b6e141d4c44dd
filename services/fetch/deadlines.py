"""One deadline for everything a fetch waits for."""

import time
from dataclasses import dataclass

from services.fetch.errors import Refused


@dataclass(frozen=True)
class Deadline:
    at: float  # on the monotonic clock

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        return cls(time.monotonic() + seconds)

    def left(self) -> float:
        """Seconds left, more than zero. Raises Refused when there are none."""
        seconds = self.at - time.monotonic()
        if not seconds > 0:
            raise Refused("it took too long")
        return seconds
