"""Parts of one picture share the cores; those of a second picture wait for no threads."""

import threading

import cv2
import pytest

from inference.parallel import at_once


@pytest.fixture(autouse=True)
def two_threads():
    before = cv2.getNumThreads()
    cv2.setNumThreads(2)
    yield
    cv2.setNumThreads(before)


def names_of_threads():
    together = threading.Barrier(2, timeout=10)

    def part(_):
        together.wait()
        return threading.current_thread().name

    return at_once(part, range(2))


def test_results_come_in_the_order_of_the_parts():
    assert at_once(lambda part: part * 10, range(5)) == [0, 10, 20, 30, 40]


def test_parts_run_at_the_same_time():
    assert len(set(names_of_threads())) == 2


def test_a_second_picture_stays_in_its_own_thread():
    def second(_):
        return at_once(lambda _: threading.current_thread(), range(3)) + [
            threading.current_thread()
        ]

    assert all(len(set(threads)) == 1 for threads in at_once(second, range(2)))


def test_the_threads_are_free_again_after_a_failure():
    with pytest.raises(ZeroDivisionError):
        at_once(lambda part: 1 // part, range(2))
    assert len(set(names_of_threads())) == 2
