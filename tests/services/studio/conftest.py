"""The studio as a browser meets it: pages of people who are logged in, or of nobody."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from inference import weights
from inference.config import InferenceConfig
from inference.engines.registry import Engines
from services import engines as engines_module
from tests.needs import need
from tests.pictures import picture
from tests.services.studio.desk import Desk


class Page:
    """A browser that has opened the studio; every request is checked for its token."""

    def __init__(self, user: User | None = None, address: str = "192.0.2.7") -> None:
        self.client = Client(enforce_csrf_checks=True, REMOTE_ADDR=address)
        if user:
            self.client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        self.opened = self.client.get("/studio")
        self.token = self.client.cookies["csrftoken"].value

    def send(self, path: str, files: dict[str, bytes] | None = None, **headers: str) -> Any:
        """With the page's token unless another is given; an empty one is left away."""
        sent = {"file": picture()} if files is None else files
        body = {name: SimpleUploadedFile(f"{name}.png", data) for name, data in sent.items()}
        headers = {"X-CSRFToken": self.token, **headers}
        kept = {name: value for name, value in headers.items() if value}
        return self.client.post(path, body, headers=kept)

    def submit(self, data: bytes | None = None, **fields: str) -> Any:
        """The plain form."""
        file = SimpleUploadedFile("photo.png", picture() if data is None else data)
        return self.client.post(
            "/studio", {"csrfmiddlewaretoken": self.token, "file": file, **fields}
        )


@pytest.fixture
def open_studio(transactional_db) -> Callable[..., Page]:
    return Page


@pytest.fixture
def page(open_studio, alice) -> Page:
    return open_studio(alice.user)


@pytest.fixture
def visitor(open_studio) -> Page:
    return open_studio()


@pytest.fixture
def desk(browse, worker, alice) -> Callable[..., Desk]:
    """Alice before the studio, or a visitor, with one of the tools."""

    def sit_down(
        tool: str = "background", *, user: User | None = alice.user, **options: Any
    ) -> Desk:
        return Desk(browse(user, **options), tool)

    return sit_down


@pytest.fixture
def disc_file(tmp_path) -> Path:
    """A white disc at (160, 160) on black, 480 x 320."""
    path = tmp_path / "disc.png"
    path.write_bytes(picture(width=480, height=320))
    return path


@pytest.fixture
def extracting(desk, disc_file):
    at = desk("extract")
    at.open(disc_file)
    return at


@pytest.fixture
def painting(desk, disc_file):
    at = desk("remove")
    at.open(disc_file)
    return at


@pytest.fixture
def finished(desk, disc_file):
    at = desk()
    at.open(disc_file)
    at.run()
    return at


@pytest.fixture(scope="module")
def real_engines(tmp_path_factory) -> Engines:
    """The quick network and the one that fills holes, loaded once."""
    folder = tmp_path_factory.mktemp("models")
    for name in ("u2netp", "migan"):
        source = weights.path_of(name, Path(os.environ["MODELS_DIR"]))
        if not source.exists():
            need(name, "run make models")
        (folder / source.name).symlink_to(source)
    engines = Engines(InferenceConfig(models_dir=folder))
    engines.warm()
    return engines


@pytest.fixture
def real_networks(worker, real_engines, monkeypatch) -> Iterator[None]:
    """In the place of the small graphs that the worker started with."""
    monkeypatch.setattr(engines_module, "Engines", lambda _config: real_engines)
    engines_module.engines.cache_clear()
    yield
    engines_module.engines.cache_clear()
