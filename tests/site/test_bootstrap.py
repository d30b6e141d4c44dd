"""The installer's own decisions; what it runs is shown by every `make` on a fresh clone."""

import subprocess
import sys

import pytest

from maskr_site import bootstrap


@pytest.fixture
def place(monkeypatch, tmp_path):
    """A lock and a virtual environment of the test's own, with this Python in it."""
    for name, path in (("VENV", tmp_path), ("LOCK", tmp_path / "lock"), ("STAMP", tmp_path / "s")):
        monkeypatch.setattr(bootstrap, name, path)
    bootstrap.LOCK.write_text("django==5.2\n")
    monkeypatch.setattr(bootstrap, "is_usable", lambda: True)
    return tmp_path


def test_is_complete_when_the_lock_is_the_installed_one(place):
    bootstrap.STAMP.write_text(bootstrap.fingerprint())
    assert bootstrap.is_complete()


def test_installs_again_when_the_lock_changed(place):
    bootstrap.STAMP.write_text(bootstrap.fingerprint())
    bootstrap.LOCK.write_text("django==5.3\n")
    assert not bootstrap.is_complete()


def test_installs_when_there_is_no_stamp(place):
    assert not bootstrap.is_complete()


def test_installs_again_when_the_folder_was_moved(place, monkeypatch):
    bootstrap.STAMP.write_text(bootstrap.fingerprint())
    monkeypatch.setattr(bootstrap, "VENV", place / "elsewhere")
    assert not bootstrap.is_complete()


def test_says_which_python_it_needs(monkeypatch):
    monkeypatch.setattr(bootstrap, "OLDEST", (99, 0))
    monkeypatch.setattr(sys, "argv", ["bootstrap"])
    with pytest.raises(SystemExit, match="needs Python 3.11 or newer"):
        bootstrap.main()


def test_says_what_to_do_when_packages_cannot_be_had(place, monkeypatch):
    failed = subprocess.CompletedProcess([], 1, "", "no route\n")
    monkeypatch.setattr(bootstrap, "run", lambda _command: failed)
    with pytest.raises(SystemExit, match="check that this machine reaches its Python package"):
        bootstrap.install()


def test_falls_back_to_pip_when_uv_fails(place, monkeypatch):
    commands = []

    def run(command):
        commands.append(command)
        return subprocess.CompletedProcess(command, int(command[0].endswith("uv")), "", "no index")

    (place / "bin").mkdir()
    (place / "bin" / "uv").touch()
    monkeypatch.setattr(bootstrap, "run", run)
    bootstrap.install()
    assert "--require-hashes" in commands[-1]
    assert commands[-1][1:3] == ["-m", "pip"]
