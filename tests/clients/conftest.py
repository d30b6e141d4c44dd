"""Other people's client packages, unchanged, sent to this server instead of their vendor's."""

import gc
import logging
import warnings
from collections.abc import Iterator

import pytest
import requests

from tests.pictures import picture


@pytest.fixture
def redirected(live_server, worker, monkeypatch) -> str:
    """Addresses of the vendors' hosts, hard-coded in packages over requests, lead here."""
    original = requests.Session.request

    def request(self, method, url, *rest, **options):
        url = url.replace("https://api.remove.bg", live_server.url)
        return original(self, method, url, *rest, **options)

    monkeypatch.setattr(requests.Session, "request", request)
    return str(live_server.url)


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(picture(width=300, height=200))
    return path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The packages leave files and connections open, which is none of our business."""
    for item in items:
        if item.path.parent.name == "clients":
            for warning in ("ResourceWarning", "pytest.PytestUnraisableExceptionWarning"):
                item.add_marker(pytest.mark.filterwarnings(f"ignore::{warning}"))


@pytest.fixture(autouse=True)
def _nothing_stays_behind() -> Iterator[None]:
    """What was left open is collected here, and logging, which one package turns off, is back on."""
    yield
    logging.disable(logging.NOTSET)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()
