"""The world of the pages, and the folder that screenshots go to when somebody wants them."""

import os
from pathlib import Path

import pytest

from tests.pages import world as world_module
from tests.pages.screenshots import SCREENSHOTS


@pytest.fixture
def world(transactional_db, settings):
    settings.STRIPE_SECRET_KEY = "sk_test_pages"  # what is for sale can be bought
    return world_module.build()


@pytest.fixture
def screenshots() -> Path | None:
    folder = os.environ.get(SCREENSHOTS)
    return Path(folder) if folder else None
