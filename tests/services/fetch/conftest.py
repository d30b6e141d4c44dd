"""Every test of the fetcher has an internet of its own."""

from collections.abc import Iterator

import pytest

from tests.services.fetch.internet import OTHER, PUBLIC, Internet, internet


@pytest.fixture(autouse=True)
def net(monkeypatch) -> Iterator[Internet]:
    with internet(monkeypatch.setattr) as network:
        network.names = {"pictures.example": [PUBLIC], "other.example": [OTHER]}
        yield network
