"""What goes wrong on purpose: answers that are errors, come late or never come."""

import threading
from dataclasses import dataclass
from typing import Literal

Kind = Literal["error", "delay", "drop_before", "drop_after"]


@dataclass
class Fault:
    """For calls whose path begins so. `error` answers before any work is done."""

    kind: Kind
    path: str = "/v1/"
    method: str = ""
    status: int = 500
    seconds: float = 0.0
    times: int = 1


class Faults:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[Fault] = []

    def plan(self, fault: Fault) -> None:
        with self._lock:
            self._planned.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._planned.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The oldest that fits, used up once more."""
        with self._lock:
            for fault in self._planned:
                if path.startswith(fault.path) and fault.method in ("", method):
                    fault.times -= 1
                    if not fault.times:
                        self._planned.remove(fault)
                    return fault
        return None
