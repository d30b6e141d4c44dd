"""What is kept of results, for how long, and who waits for whom."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from inference.engines.remembered import Remembered
from inference.errors import EngineFailed

ITEM_BYTES = 400


class Results:
    """Computes an array of the key, and counts how often."""

    def __init__(self, limit=10):
        self.remembered = Remembered[np.float32](int(limit * ITEM_BYTES))
        self.computed = []

    def of(self, key):
        def compute():
            self.computed.append(key)
            return np.full(100, key, np.float32)

        return self.remembered.of(key, compute)


def test_the_same_key_is_computed_once():
    results = Results()
    assert [results.of(1)[0], results.of(1)[0], results.computed] == [1, 1, [1]]


def test_another_key_has_another_result():
    results = Results()
    assert [results.of(key)[0] for key in (1, 2, 1)] == [1, 2, 1]


def test_the_result_used_longest_ago_is_forgotten_first():
    results = Results(limit=2)
    for key in (1, 2, 1, 3, 1, 2):
        results.of(key)
    assert results.computed == [1, 2, 3, 2]


def test_more_bytes_than_the_limit_are_not_kept():
    results = Results(limit=0.5)
    results.of(1), results.of(1)
    assert results.computed == [1, 1]


def test_nobody_can_change_what_is_kept():
    with pytest.raises(ValueError, match="read-only"):
        Results().of(1)[0] = 5


def test_threads_that_ask_at_once_share_one_computation():
    results = Results()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(results.of, [7] * 64))
    assert (results.computed, {array[0] for array in found}) == ([7], {7})


def test_what_is_kept_is_there_while_something_else_is_computed():
    results = Results()
    results.of(1)
    started, done = threading.Event(), threading.Event()

    def wait():
        started.set()
        # Ends the test, red, should the other thread be kept waiting.
        assert done.wait(5)
        return np.zeros(1, np.float32)

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(results.remembered.of, 2, wait)
        started.wait()
        results.of(1)
        done.set()
        slow.result()
    assert results.computed == [1]


def test_after_an_error_it_is_computed_again():
    results = Results()

    def fail():
        raise EngineFailed("The network failed.")

    with pytest.raises(EngineFailed):
        results.remembered.of(1, fail)
    assert results.of(1)[0] == 1
