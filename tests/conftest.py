"""The world of the tests: Alice has credits and a key, Bob has a key and nothing else."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import dramatiq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from limits.storage import storage_from_string
from rest_framework.test import APIClient

from accounts import keys, rates
from accounts.models import User
from billing import credits
from billing.audit import discrepancies
from inference.config import InferenceConfig
from services import admission, fairness, turned_away
from services import engines as engines_module
from tests import emptying, secrecy, topology
from tests.browsing import axe, browse, chromium, complaints  # noqa: F401
from tests.faults.table import pytest_terminal_summary  # noqa: F401
from tests.graphs import describe, install_graphs, open_before
from tests.inpainting_graphs import write_migan_graph
from tests.needs import missing, need
from tests.order import pytest_collection_modifyitems  # noqa: F401
from tests.pictures import picture
from tests.secrecy import pytest_runtest_makereport, watched_for_secrets  # noqa: F401

emptying.install()

SERVICE = "/v1/services/background-removal"
BATCH = f"{SERVICE}/batch"
EXTRACTION = "/v1/services/object-extraction"
REMOVAL = "/v1/services/object-removal"
SEGMENTATION = "/v1/services/image-segmentation"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """What a marked test needs and this machine lacks skips it at home and fails it in CI."""
    for marker in item.iter_markers():
        if reason := missing(marker.name):
            need(marker.name, reason)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """pytest-django's database of tests, with its first rows noted."""
    with django_db_blocker.unblock():
        emptying.remember()


@pytest.fixture(autouse=True)
def _quiet_surroundings(settings, tmp_path) -> Iterator[None]:
    """Quick passwords, plain static files, a files folder and counters of the test's own."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.WHITENOISE_AUTOREFRESH = True
    settings.STORAGES = {
        "default": settings.STORAGES["default"]
        if topology.IS_ON
        else {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "files")},
        },
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    rates.forget()
    if settings.REDIS_URL:
        storage_from_string(settings.REDIS_URL).reset()
    admission.forget()
    turned_away.forget()
    fairness.forget()
    yield
    secrecy.read_redis()
    rates.forget()


@pytest.fixture(scope="session")
def installed_graphs(tmp_path_factory) -> InferenceConfig:
    """A folder of models that no test writes to, and the catalogue of them."""
    folder = tmp_path_factory.mktemp("graphs")
    catalogue = install_graphs(folder)
    migan = write_migan_graph(folder / catalogue["migan"].file_name)
    catalogue |= {"migan": describe(migan, catalogue["migan"])}
    return InferenceConfig(folder, catalogue=catalogue)


@pytest.fixture
def graphs(settings, installed_graphs, monkeypatch) -> Iterator[None]:
    """Engines of this process over small graphs: the mask is the brightness, holes get a tint."""
    settings.MODELS_DIR = installed_graphs.models_dir
    config = partial(InferenceConfig, catalogue=installed_graphs.catalogue)
    monkeypatch.setattr(engines_module, "InferenceConfig", config)
    monkeypatch.setattr(engines_module, "Engines", partial(open_before, installed_graphs))
    engines_module.engines.cache_clear()
    yield
    engines_module.engines.cache_clear()


@pytest.fixture
def no_worker(graphs, transactional_db) -> Iterator[None]:
    """A broker nobody works: jobs stay pending."""
    broker = dramatiq.get_broker()
    broker.flush_all()
    yield
    broker.flush_all()


@pytest.fixture
def worker(no_worker, request) -> Iterator[None]:
    """A real Dramatiq worker in this process, on whatever BROKER_URL says."""
    if topology.IS_ON:  # there are two, in processes of their own
        with request.getfixturevalue("real_installation").working():
            yield
        return
    broker = dramatiq.get_broker()
    before = list(broker.middleware)
    # Stopping it takes two such times.
    running = dramatiq.Worker(broker, worker_threads=2, worker_timeout=20)
    running.start()
    yield
    running.stop(timeout=10_000)
    broker.middleware[:] = before  # the worker left a part of itself there


class Customer:
    """An account, and the API as its owner uses it."""

    def __init__(self, email: str, amount: int, mode: str = "live", **fields: Any) -> None:
        self.user = User.objects.create_user(email, "a long enough phrase", **fields)
        self.key, self.plaintext = keys.create(self.user, "tests", mode)
        if amount:
            credits.grant(self.user, amount, reason="tests")
        self.api = APIClient(headers={"Authorization": f"Bearer {self.plaintext}"})

    @property
    def balance(self) -> int:
        return credits.balance(self.user)

    def post(self, data: bytes | None = None, *, path: str = SERVICE, query: str = "", **headers):
        body = {"file": SimpleUploadedFile("photo.png", picture() if data is None else data)}
        return self.api.post(path + query, body, format="multipart", headers=headers)

    def send(self, path: str, files: dict[str, bytes | list[bytes]], query: str = "", **headers):
        """Any multipart request; a field with a list of files is repeated."""
        body = {
            name: [SimpleUploadedFile(f"{name}.png", data) for data in _listed(content)]
            for name, content in files.items()
        }
        return self.api.post(path + query, body, format="multipart", headers=headers)

    def download(self, result: dict[str, Any]) -> bytes:
        """The file behind a result's link."""
        response: Any = self.api.get(result["output_url"])
        return b"".join(response.streaming_content)

    def post_batch(self, pictures: list[bytes], **headers):
        files = [SimpleUploadedFile(f"{i}.png", data) for i, data in enumerate(pictures)]
        return self.api.post(BATCH, {"files": files}, format="multipart", headers=headers)


def _listed(content: bytes | list[bytes]) -> list[bytes]:
    return content if isinstance(content, list) else [content]


@pytest.fixture
def new_customer(transactional_db) -> Callable[..., Customer]:
    return Customer


@pytest.fixture
def alice(new_customer) -> Customer:
    return new_customer("alice@example.com", 10_000)


@pytest.fixture
def bob(new_customer) -> Customer:
    return new_customer("bob@example.com", 0)


@pytest.fixture
def books(transactional_db) -> Iterator[None]:
    """Afterwards every balance is the sum of its ledger."""
    yield
    assert discrepancies() == []
