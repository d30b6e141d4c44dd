"""Alice listens: a real server on the loopback, which the operator allows webhooks to reach."""

from collections.abc import Callable, Iterator
from ipaddress import ip_network

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from services import jobs
from services.models import Job
from services.outgoing import deliveries, endpoints
from services.outgoing.models import WebhookDelivery, WebhookEndpoint
from services.outgoing.names import CHOOSABLE
from tests.services.outgoing.receiver import Receiver

ALL = [event.value for event in CHOOSABLE]


@pytest.fixture(autouse=True)
def _loopback_is_allowed(settings) -> None:
    settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8")]
    settings.PUBLIC_URL = ""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.disappear()


@pytest.fixture
def endpoint(alice, receiver) -> WebhookEndpoint:
    return endpoints.create(alice.user, receiver.url, ALL, site_url="http://maskr.test")


@pytest.fixture
def page(alice) -> Client:
    """A browser in which Alice has logged in."""
    client = Client()
    client.force_login(alice.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def new_job(alice) -> Callable[..., Job]:
    """A job of Alice's as a worker holds it, without a worker."""

    def make(**fields) -> Job:
        name = default_storage.save("inputs/2026/01/01/a", ContentFile(b"picture"))
        known = {"owner": alice.user, "service": "background-removal", "operation": {}, "price": 0}
        state = {"state": Job.State.PROCESSING, "input_name": name, "input_filename": "photo.jpg"}
        return Job.objects.create(**{**known, **state, "enqueued_at": timezone.now(), **fields})

    return make


@pytest.fixture
def deliver() -> Callable[[], list[WebhookDelivery]]:
    """Attempts everything that is due, one after the other, as a courier does."""

    def run() -> list[WebhookDelivery]:
        done = list(deliveries.due())
        for delivery in done:
            assert deliveries.take(delivery)
            deliveries.attempt(delivery.pk)
            delivery.refresh_from_db()
        return done

    return run


@pytest.fixture
def failed_job(new_job, endpoint) -> Job:
    """Something to tell."""
    job = new_job()
    jobs.fail(job, "It was not to be.", code="internal_error")
    return job


@pytest.fixture
def delivery(new_job, endpoint, deliver) -> WebhookDelivery:
    jobs.fail(new_job(), "It was not to be.", code="internal_error")
    return deliver()[0]
