"""The settings as a process would read them."""

import runpy

import pytest
import structlog

from tests.settings import ROOT

SECRETS = ("SECRET_KEY", "MASKR_KEY_PEPPER", "MASKR_SIGNING_KEYS")
OURS = ("DATABASE_URL", "BROKER_URL", "STORAGE_URL", "PUBLIC_URL", "EMAIL_URL", "MODELS_DIR")


@pytest.fixture
def read(monkeypatch, tmp_path):
    """Settings under the given variables and no others of ours."""
    before = structlog.get_config()
    for name in (*SECRETS, *OURS, "MASKR_REDIS_URL", "MASKR_LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MASKR_VAR_DIR", str(tmp_path / "var"))

    def settings(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(ROOT / "maskr_site" / "settings.py"))

    yield settings
    structlog.configure(**before)
