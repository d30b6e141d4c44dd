"""E19: a migration while serving, then web processes and workers replaced one after another."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.faults.driver import Driver
from tests.faults.inspector import wait_until_quiet, watch
from tests.faults.installation import Installation
from tests.faults.journal import now, slowest
from tests.live.nginx import Nginx
from tests.live.product import until
from tests.settings import ROOT

pytestmark = [
    pytest.mark.weights,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.timeout(400),
]


@pytest.fixture
def by_nginx(installation, tmp_path) -> Iterator[Driver]:
    nginx = Nginx(tmp_path / "nginx", installation.urls)
    driver = Driver([nginx.url], installation.driver().key, installation.journal)
    yield driver
    driver.close()
    nginx.close()


def migrate(installation: Installation, *target: str) -> None:
    environment = installation.first.environment | {
        "DJANGO_SETTINGS_MODULE": "tests.faults.next_release.settings"
    }
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0", *target],
        cwd=ROOT, env=environment, check=True, timeout=120,
    )  # fmt: skip


def replace_web(installation: Installation, index: int) -> float:
    """Seconds that the old process took to end."""
    old, product = installation.webs[index], installation.products[index]
    began = now()
    old.terminate()
    old.wait(60)
    took_s = now() - began
    installation.webs[index] = installation.start_web(product)
    until(lambda: product.answers("/health"))
    return took_s


def replace_worker(installation: Installation) -> None:
    old, installation.worker = installation.worker, installation.start_worker()
    old.terminate()
    old.wait(90)


def test_a_release_fails_no_request(installation, by_nginx, hold):
    with watch(installation.first), by_nginx.steady(4):
        migrate(installation)
        drained = [replace_web(installation, 0), replace_web(installation, 1)]
        replace_worker(installation)
    quiet_s = wait_until_quiet(installation.database)
    migrate(installation, "next_release", "zero")
    seen = installation.journal.seen
    served = sum(one.is_done for one in seen)
    hold(
        "E19 migration and rolling restart behind nginx",
        "no request fails, processes end within 30 s, running jobs finish",
        f"{served} of {len(seen)} served {dict(installation.journal.statuses)}, slowest {slowest(seen):.1f} s, "
        f"drained in {max(drained):.1f} s, quiet after {quiet_s:.0f} s",
        served == len(seen) and max(drained) <= 30,
    )
