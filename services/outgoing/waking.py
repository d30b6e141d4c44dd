"""Wakes the couriers of this process. Only a nudge: they look by themselves every few seconds."""

import threading

woken = threading.Event()


def wake() -> None:
    woken.set()
