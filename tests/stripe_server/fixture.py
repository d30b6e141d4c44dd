"""The pytest fixture; a conftest takes it over by importing it.

`filterwarnings = error` holds for the server's threads too: what they leave open fails the test.
"""

from collections.abc import Iterator

import pytest
import stripe

from tests.stripe_server.server import StripeServer


@pytest.fixture
def stripe_server() -> Iterator[StripeServer]:
    """Without an address for webhooks, which are held until a test gives one."""
    server = StripeServer().start()
    yield server
    server.stop()


@pytest.fixture
def stripe_client(stripe_server: StripeServer) -> stripe.StripeClient:
    """The real library, which does not retry by itself here."""
    return stripe.StripeClient(
        stripe_server.key, base_addresses={"api": stripe_server.url}, max_network_retries=0
    )
