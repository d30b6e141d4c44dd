"""Engines over graphs built here, and over the real weights where they are installed."""

import os
from pathlib import Path

import pytest

from inference import weights
from inference.config import InferenceConfig
from inference.engines.registry import Engines
from tests.graphs import install_graphs
from tests.inference.server import serve_files
from tests.needs import need

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def graph_engines(tmp_path):
    """Engines whose only network is a graph that answers with the brightness."""
    return Engines(InferenceConfig(tmp_path, catalogue=install_graphs(tmp_path)))


@pytest.fixture(scope="session")
def real_engines():
    """Engines over MODELS_DIR."""
    models_dir = Path(os.environ.get("MODELS_DIR") or REPOSITORY / "var" / "models")
    for name in ("u2netp", "isnet"):
        if not weights.is_installed(name, models_dir):
            need(name, "it is not installed in MODELS_DIR")
    return Engines(InferenceConfig(models_dir))


@pytest.fixture
def server(monkeypatch):
    """A file server on this machine, reached without a proxy."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve_files() as files:
        yield files
