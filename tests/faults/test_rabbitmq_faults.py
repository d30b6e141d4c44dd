"""E5 with RabbitMQ as the queue: it hangs, or takes nothing more, and nobody is told by the network."""

import signal
from collections.abc import Iterator

import pytest

from tests.faults.installation import Installation
from tests.faults.journal import now
from tests.faults.level import at_level, full_only
from tests.faults.outage import Outage, pause
from tests.faults.rabbitmq import OwnRabbitmq
from tests.live.product import until

pytestmark = [
    pytest.mark.weights,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.rabbitmq,
    pytest.mark.timeout(400),
]


@pytest.fixture(scope="module")
def rabbitmq(tmp_path_factory) -> Iterator[OwnRabbitmq]:
    own = OwnRabbitmq(tmp_path_factory.mktemp("rabbitmq"))
    yield own
    own.close()


@pytest.fixture(scope="module")
def running(start_installation, rabbitmq) -> Installation:
    return start_installation(BROKER_URL=rabbitmq.url)


def test_rabbitmq_that_hangs(under_load, rabbitmq, hold):
    first = now()
    rabbitmq.signal(signal.SIGSTOP)
    pause(at_level(30, 8))
    rabbitmq.signal(signal.SIGCONT)
    last = now()
    must = "503 within 5 s or served; served again <= 15 s; quiet <= 120 s"
    Outage("E5 RabbitMQ hangs (SIGSTOP)", must, first, last, refused_within_s=5).judge(
        under_load, hold
    )


@full_only
def test_rabbitmq_without_memory(under_load, rabbitmq, hold):
    first = now()
    with rabbitmq.without_memory():
        until(lambda: not under_load.is_ready(), 15)
        pause(at_level(20, 6))
    last = now()
    must = "not ready, 503 within 5 s or served; served again <= 15 s; quiet <= 120 s"
    Outage("E5 RabbitMQ's memory alarm", must, first, last, refused_within_s=5).judge(
        under_load, hold
    )
