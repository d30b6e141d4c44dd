"""Results of networks, kept for the next prompt on the same picture."""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

N = TypeVar("N", bound=np.generic)


class Remembered(Generic[N]):
    """Keeps the arrays used last, up to a number of bytes. Safe to share by threads.

    What several threads ask for at once is computed by one of them; nobody waits for anything else.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._arrays: OrderedDict[Hashable, NDArray[N]] = OrderedDict()
        self._lock = threading.Lock()
        # A lock lives as long as somebody computes or waits.
        self._turns: weakref.WeakValueDictionary[Hashable, threading.Lock] = (
            weakref.WeakValueDictionary()
        )

    def of(self, key: Hashable, compute: Callable[[], NDArray[N]]) -> NDArray[N]:
        """Return what is kept under the key, else compute and keep it; the array is read-only.

        An error of `compute` is raised and not kept: whoever waited tries again.
        """
        with self._lock:
            turn = self._turns.get(key) or threading.Lock()
            self._turns[key] = turn
        with turn:
            with self._lock:
                found = self._arrays.get(key)
                if found is not None:
                    self._arrays.move_to_end(key)
                    return found
            computed = compute()
            computed.setflags(write=False)
            with self._lock:
                self._arrays[key] = computed
                self._forget_oldest()
        return computed

    def _forget_oldest(self) -> None:
        kept = sum(array.nbytes for array in self._arrays.values())
        while kept > self._limit_bytes:
            _, oldest = self._arrays.popitem(last=False)
            kept -= oldest.nbytes
