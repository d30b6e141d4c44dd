"""Several parts of one picture at once."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import cv2

Part = TypeVar("Part")
Done = TypeVar("Done")


def at_once(work: Callable[[Part], Done], parts: Sequence[Part]) -> list[Done]:
    """Do the work on each part, as many at a time as OpenCV may use threads; results in order.

    That number is the operator's to limit. Only for work that spends its time outside Python:
    numpy's, OpenCV's and the compressors' loops let other threads run.
    """
    threads = min(len(parts), max(cv2.getNumThreads(), 1))
    if threads <= 1:
        return list(map(work, parts))
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, parts))
