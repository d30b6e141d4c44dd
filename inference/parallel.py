"""Several parts of one picture at once."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import cv2

Part = TypeVar("Part")
Done = TypeVar("Done")

_is_busy = threading.Lock()


def at_once(work: Callable[[Part], Done], parts: Sequence[Part]) -> list[Done]:
    """Do the work on each part, as many at a time as OpenCV may use threads; results in order.

    That number is the operator's to limit. While another picture has the threads, its parts are
    done one after the other: more threads than cores would only get into each other's way. Only for work that spends its time outside Python:
    numpy's, OpenCV's and the compressors' loops let other threads run.
    """
    threads = min(len(parts), max(cv2.getNumThreads(), 1))
    if threads <= 1 or not _is_busy.acquire(blocking=False):
        return list(map(work, parts))
    try:
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(work, parts))
    finally:
        _is_busy.release()
