"""Nudges wake whoever waits, in memory and through Redis; a lost one costs seconds, never work."""

import threading
import time
from uuid import uuid4

import pytest

from services import notifications
from tests.needs import REDIS


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.redis)])
def job_id(request, settings):
    settings.REDIS_URL = REDIS if request.param == "redis" else ""
    clients = (notifications._redis, notifications._popping)
    for client in clients:
        client.cache_clear()
    yield uuid4()
    for client in clients:
        if settings.REDIS_URL:
            client().close()
        client.cache_clear()


def waited_s(subscription, timeout_s):
    began = time.monotonic()
    subscription.wait(timeout_s)
    return time.monotonic() - began


def test_an_announcement_wakes_the_waiter(job_id):
    later = threading.Timer(0.1, notifications.announce, [job_id])
    with notifications.subscription(job_id) as subscription:
        later.start()
        took_s = waited_s(subscription, 10)
    later.join()  # it reads Redis' answer still, on a connection that the fixture closes
    assert took_s < 2


def test_an_announcement_before_the_wait_is_not_lost(job_id):
    with notifications.subscription(job_id) as subscription:
        notifications.announce(job_id)
        assert waited_s(subscription, 10) < 2


def test_an_announcement_to_nobody_wakes_who_comes_next(job_id):
    notifications.announce(job_id)
    with notifications.subscription(job_id) as subscription:
        assert waited_s(subscription, 10) < 2


def test_only_so_many_announcements_to_nobody_are_kept(settings, monkeypatch):
    settings.REDIS_URL = ""
    monkeypatch.setattr(notifications, "_KEPT_EARLY", 3)
    monkeypatch.setattr(notifications, "_early", {})
    for _ in range(5):
        notifications.announce(uuid4())
    assert len(notifications._early) == 3


def test_an_announcement_wakes_every_waiter(job_id):
    with (
        notifications.subscription(job_id) as one,
        notifications.subscription(job_id) as other,
    ):
        notifications.announce(job_id)
        assert max(waited_s(one, 10), waited_s(other, 10)) < 2


def test_another_jobs_announcement_wakes_nobody(job_id):
    with notifications.subscription(job_id) as subscription:
        notifications.announce(uuid4())
        assert waited_s(subscription, 0.3) >= 0.25


def test_nothing_is_kept_of_a_wait_in_memory(settings):
    settings.REDIS_URL = ""
    with notifications.subscription(uuid4()):
        pass
    assert notifications._waiting == {}


@pytest.fixture
def redis_away(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    notifications._redis.cache_clear()
    yield
    notifications._redis.cache_clear()


def test_announcing_does_not_fail_while_redis_is_away(redis_away):
    notifications.announce(uuid4())  # raises nothing: the work is already done


def test_waiting_looks_again_soon_while_redis_is_away(redis_away):
    with notifications.subscription(uuid4()) as subscription:
        assert waited_s(subscription, 10) < 8
