"""A part of `make topology`: tests of the API, unchanged, as clients of four processes."""

import re
import subprocess
import sys

import pytest

from tests.settings import ROOT

pytestmark = [pytest.mark.postgres, pytest.mark.redis, pytest.mark.timeout(240)]


def test_requests_with_idempotency_keys_hold_over_http():
    command = [sys.executable, "-m", "tests.topology", "-q", "tests/services/test_idempotency.py"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=230)
    told = re.search(r"^(\d+) passed over HTTP", run.stdout, flags=re.MULTILINE)
    assert (run.returncode, told and int(told[1]) > 10) == (0, True), run.stdout
