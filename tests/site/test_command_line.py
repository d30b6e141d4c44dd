"""manage.py as the operator sees it: a sentence for what they can put right, never a trace."""

import os
import subprocess
import sys

import pytest

from tests.live import prepared
from tests.settings import ROOT


@pytest.fixture
def manage(tmp_path):
    def run(*arguments, **variables):
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "MASKR_VAR_DIR": str(tmp_path), **variables},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


def test_a_setting_that_cannot_be_read_is_told_in_a_line(manage):
    done = manage("audit_credits", DEBUG="perhaps")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert '"DEBUG" invalid' in done.stderr


def test_a_file_of_a_setting_that_is_not_there_is_told_in_a_line(manage):
    done = manage("audit_credits", SECRET_KEY_FILE="/does/not/exist")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "The settings cannot be used: The value of SECRET_KEY_FILE must be a readable file path."
    ]


def test_a_setting_that_is_refused_while_starting_is_told_in_a_line(manage):
    done = manage("audit_credits", MASKR_SENTRY_DSN="nonsense")
    assert done.stderr == "The settings cannot be used: MASKR_SENTRY_DSN is no Sentry DSN.\n"


def test_a_database_without_tables_is_told_with_what_to_run(manage):
    done = manage("audit_credits")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert done.stderr.endswith("Run first: manage.py migrate\n")


def test_a_worker_is_not_started_on_a_database_without_tables(manage):
    done = manage("worker", BROKER_URL="redis://127.0.0.1:1/0")
    assert done.returncode == 1
    assert done.stderr.endswith("Run first: manage.py migrate\n")


def test_a_database_that_is_away_is_told_by_its_setting(manage):
    done = manage("audit_credits", DATABASE_URL="postgres://maskr:hush@127.0.0.1:1/maskr")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("check DATABASE_URL.")
    assert "Traceback" not in done.stderr
    assert "hush" not in done.stderr


def test_storage_that_is_away_is_told_in_a_line(manage, tmp_path):
    prepared.copy_folder(tmp_path, with_database=True)
    done = manage("sweep_files", STORAGE_URL="s3://k:hush@b?endpoint_url=http://127.0.0.1:1")
    assert done.returncode == 1
    assert done.stderr.startswith("A part of the installation cannot be used: Could not connect")
    assert "hush" not in done.stderr


def test_the_trace_is_there_for_whoever_asks(manage):
    assert "Traceback" in manage("audit_credits", "--traceback").stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("serve", "--port", "65536"), "--port: must be a number from 1 to 65535, not '65536'"),
        (("serve", "--port", "0"), "--port: must be a number from 1 to 65535, not '0'"),
        (("serve", "--workers", "0"), "--workers: must be a number from 1 on, not '0'"),
        (("worker", "--processes", "0"), "--processes: must be a number from 1 on, not '0'"),
        (("worker", "--threads", "-1"), "--threads: must be a number from 1 on, not '-1'"),
        (("worker", "--queues", "bulk"), "--queues: invalid choice: 'bulk'"),
    ],
)
def test_a_server_or_worker_that_would_do_nothing_is_not_started(manage, arguments, complaint):
    done = manage(*arguments, BROKER_URL="redis://127.0.0.1:1/0")
    assert done.returncode == 2
    assert complaint in done.stderr


def test_an_address_of_another_machine_is_not_taken_for_a_port_in_use(manage, tmp_path):
    prepared.copy_folder(tmp_path, with_database=True)
    done = manage("serve", "--host", "192.0.2.1", "--port", "8499")
    assert done.stderr == "CommandError: --host 192.0.2.1: Cannot assign requested address.\n"


def test_the_check_of_a_deployment_finds_nothing_under_the_settings_of_production(manage):
    rotated = ("KEY_PEPPER", "SIGNING_KEYS", "WEBHOOK_KEYS", "FACTOR_KEYS")
    secrets = ("SECRET_KEY", *(f"MASKR_{name}" for name in rotated))
    checked = manage(
        *("check", "--deploy", "--fail-level", "WARNING"),
        **{name: f"{index}{'0123456789abcdef' * 4}" for index, name in enumerate(secrets)},
        DATABASE_URL="postgres://maskr@127.0.0.1:1/maskr",
        BROKER_URL="redis://127.0.0.1:1/0",
        STORAGE_URL="s3://maskr-files?region=eu-central-1",
        PUBLIC_URL="https://maskr.example",
        MASKR_TRUSTED_PROXIES="1",
        MASKR_STAFF_MFA="true",
    )
    assert (checked.returncode, checked.stderr) == (0, "")
