"""The installer's own decisions; what it runs is shown by every `make` on a fresh clone."""

import fcntl
import os
import subprocess
import sys

import pytest

from maskr_site import bootstrap


@pytest.fixture
def place(monkeypatch, tmp_path):
    """A lock and a virtual environment of the test's own, with this Python in it."""
    for name, path in (
        ("ROOT", tmp_path),
        ("VENV", tmp_path),
        ("LOCK", tmp_path / "lock"),
        ("STAMP", tmp_path / "s"),
        ("UNFINISHED", tmp_path / "unfinished"),
    ):
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


def killed_while_installing(monkeypatch):
    def install():
        raise KeyboardInterrupt

    monkeypatch.setattr(sys, "argv", ["bootstrap"])
    monkeypatch.setattr(bootstrap, "install", install)
    with pytest.raises(KeyboardInterrupt):
        bootstrap.main()


def test_an_installation_that_was_cut_short_is_not_complete(place, monkeypatch):
    bootstrap.STAMP.write_text(bootstrap.fingerprint())
    bootstrap.LOCK.write_text("django==5.3\n")
    killed_while_installing(monkeypatch)
    bootstrap.LOCK.write_text("django==5.2\n")
    assert not bootstrap.is_complete()


def test_packages_that_were_half_written_are_not_kept(place, monkeypatch):
    half = place / "half_a_package"
    half.touch()
    killed_while_installing(monkeypatch)
    done = subprocess.CompletedProcess([], 0, "", "")
    monkeypatch.setattr(bootstrap, "run", lambda _command: done)
    bootstrap.make_environment()
    assert not half.exists()


def refused(monkeypatch, written=None):
    def install():
        if written:
            written.mkdir(parents=True)
        bootstrap.stop("The packages could not be installed.")

    monkeypatch.setattr(sys, "argv", ["bootstrap"])
    monkeypatch.setattr(bootstrap, "install", install)
    with pytest.raises(SystemExit, match="could not be installed"):
        bootstrap.main()


def test_packages_of_before_are_kept_when_new_ones_cannot_be_had(place, monkeypatch):
    old = place / "lib" / "python3.11" / "site-packages" / "django-5.2.dist-info"
    old.mkdir(parents=True)
    refused(monkeypatch)
    refused(monkeypatch)
    assert old.exists()


def test_the_packages_of_before_are_complete_again_under_their_own_lock(place, monkeypatch):
    bootstrap.STAMP.write_text(bootstrap.fingerprint())
    bootstrap.LOCK.write_text("django==5.3\n")
    refused(monkeypatch)
    bootstrap.LOCK.write_text("django==5.2\n")
    assert bootstrap.is_complete()


def test_an_installation_that_failed_on_its_way_is_not_kept(place, monkeypatch):
    new = place / "lib" / "python3.11" / "site-packages" / "django-5.3.dist-info"
    refused(monkeypatch, written=new)
    done = subprocess.CompletedProcess([], 0, "", "")
    monkeypatch.setattr(bootstrap, "run", lambda _command: done)
    bootstrap.make_environment()
    assert not new.exists()


def test_is_complete_after_an_installation_that_ended(place, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["bootstrap"])
    monkeypatch.setattr(bootstrap, "install", lambda: None)
    bootstrap.main()
    assert bootstrap.is_complete()


def test_a_second_installation_waits_for_the_first(place, monkeypatch):
    def install():
        second = os.open(place, os.O_RDONLY)
        try:
            with pytest.raises(BlockingIOError):
                fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
        finally:
            os.close(second)

    monkeypatch.setattr(sys, "argv", ["bootstrap"])
    monkeypatch.setattr(bootstrap, "install", install)
    bootstrap.main()
    assert bootstrap.is_complete()
