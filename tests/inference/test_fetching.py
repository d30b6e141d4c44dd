"""Downloading one file: progress, resuming, refusing."""

import pytest

from inference.errors import DownloadFailed
from inference.fetching import fetch

DATA = bytes(range(256)) * 4000


@pytest.fixture
def url(server):
    server.files["/file"] = DATA
    return server.address("/file")


def _ignore(done, total):
    pass


def test_downloads_a_file(url, tmp_path):
    fetch(url, tmp_path / "part", report=_ignore)
    assert (tmp_path / "part").read_bytes() == DATA


def test_reports_the_real_bytes(url, tmp_path):
    reports = []
    fetch(url, tmp_path / "part", report=lambda *report: reports.append(report))
    assert reports[-1] == (len(DATA), len(DATA))


def test_goes_on_where_it_stopped(url, server, tmp_path):
    (tmp_path / "part").write_bytes(DATA[:1000])
    fetch(url, tmp_path / "part", report=_ignore)
    assert (server.ranges, server.sent_bytes) == (["bytes=1000-"], len(DATA) - 1000)


def test_a_resumed_file_is_whole(url, tmp_path):
    (tmp_path / "part").write_bytes(DATA[:1000])
    fetch(url, tmp_path / "part", report=_ignore)
    assert (tmp_path / "part").read_bytes() == DATA


def test_counts_what_was_there_before(url, tmp_path):
    (tmp_path / "part").write_bytes(DATA[:1000])
    reports = []
    fetch(url, tmp_path / "part", report=lambda *report: reports.append(report))
    assert reports[-1] == (len(DATA), len(DATA))


def test_takes_a_broken_connection_up_again(url, server, tmp_path):
    server.break_after = 500_000
    fetch(url, tmp_path / "part", report=_ignore)
    assert (tmp_path / "part").read_bytes() == DATA and server.ranges[0] is None


def test_sends_nothing_twice_after_a_break(url, server, tmp_path):
    server.break_after = 500_000
    fetch(url, tmp_path / "part", report=_ignore)
    assert server.sent_bytes == len(DATA)


def test_gives_up_at_once_where_nothing_comes(url, server, tmp_path):
    server.break_after = 0
    with pytest.raises(DownloadFailed, match="broke off"):
        fetch(url, tmp_path / "part", report=_ignore)


def test_starts_over_where_the_server_knows_no_ranges(url, server, tmp_path):
    server.knows_ranges = False
    (tmp_path / "part").write_bytes(b"old" * 10)
    fetch(url, tmp_path / "part", report=_ignore)
    assert (tmp_path / "part").read_bytes() == DATA


def test_a_file_that_is_complete_is_not_sent_again(url, server, tmp_path):
    (tmp_path / "part").write_bytes(DATA)
    fetch(url, tmp_path / "part", report=_ignore)
    assert server.sent_bytes == 0


def test_starts_over_when_more_is_there_than_the_file_has(url, tmp_path):
    (tmp_path / "part").write_bytes(DATA + b"more")
    fetch(url, tmp_path / "part", report=_ignore)
    assert (tmp_path / "part").read_bytes() == DATA


def test_refuses_a_file_that_is_larger_than_expected(url, tmp_path):
    with pytest.raises(DownloadFailed, match="more than expected"):
        fetch(url, tmp_path / "part", report=_ignore, max_bytes=1000)


def test_refuses_a_file_that_turns_out_larger_than_expected(url, server, tmp_path):
    server.tells_length = False
    with pytest.raises(DownloadFailed, match="more than the expected 1,000 bytes"):
        fetch(url, tmp_path / "part", report=_ignore, max_bytes=1000)


def test_refuses_another_part_than_the_one_asked_for(url, server, tmp_path):
    server.skips = 7
    (tmp_path / "part").write_bytes(DATA[:1000])
    with pytest.raises(DownloadFailed, match="another part"):
        fetch(url, tmp_path / "part", report=_ignore)


def test_asks_for_the_bytes_as_they_are(url, server, tmp_path):
    fetch(url, tmp_path / "part", report=_ignore)
    assert server.encodings == ["identity"]


def test_says_what_the_server_answered(server, tmp_path):
    with pytest.raises(DownloadFailed, match="answered 404"):
        fetch(server.address("/absent"), tmp_path / "part", report=_ignore)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/file", "file:///etc/hosts", "http://"])
def test_says_that_there_is_no_connection(url, tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(DownloadFailed, match="broke off"):
        fetch(url, tmp_path / "part", report=_ignore)


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "ftp://127.0.0.1:1", "http://[::1"])
def test_a_proxy_that_cannot_be_used_is_told_in_a_sentence(tmp_path, monkeypatch, proxy):
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(DownloadFailed, match="proxy of the environment cannot be used"):
        fetch("https://models.example/file", tmp_path / "part", report=_ignore)
