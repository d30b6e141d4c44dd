"""The catalogue and the files on disk."""

import dataclasses
import re

import pytest

from inference import weights
from inference.errors import UnknownWeights, WeightsDamaged, WeightsMissing
from inference.sources import HttpsSource
from inference.weights import CATALOGUE, DEFAULT_NAMES
from tests.graphs import describe

ROWS = list(CATALOGUE.values())


@pytest.fixture
def catalogue(tmp_path):
    path = tmp_path / "tiny.onnx"
    path.write_bytes(b"weights")
    row = dataclasses.replace(CATALOGUE["u2netp"], name="tiny", file_name="tiny.onnx")
    return {"tiny": describe(path, row)}


@pytest.mark.parametrize("row", ROWS, ids=CATALOGUE)
def test_every_row_has_a_whole_digest(row):
    assert re.fullmatch("[0-9a-f]{64}", row.sha256)


@pytest.mark.parametrize("row", ROWS, ids=CATALOGUE)
def test_every_row_says_where_it_is_from_and_under_which_licence(row):
    assert row.sources and row.licence and row.origin and row.contract


@pytest.mark.parametrize("row", ROWS, ids=CATALOGUE)
def test_every_address_is_encrypted_and_every_version_pinned(row):
    for source in row.sources:
        assert (
            source.url.startswith("https://") if isinstance(source, HttpsSource) else source.version
        )


def test_no_two_networks_share_a_file():
    assert len({row.file_name for row in ROWS}) == len(ROWS)


def test_the_default_set_is_small():
    assert DEFAULT_NAMES == ("u2netp", "isnet", "migan")


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(UnknownWeights, match="u2netp, isnet"):
        weights.find("u2net")


def test_a_whole_file_is_verified(tmp_path, catalogue):
    assert weights.verify("tiny", tmp_path, catalogue) == tmp_path / "tiny.onnx"


def test_a_changed_file_is_damaged(tmp_path, catalogue):
    (tmp_path / "tiny.onnx").write_bytes(b"WEIGHTS")
    with pytest.raises(WeightsDamaged, match="sha256"):
        weights.verify("tiny", tmp_path, catalogue)


def test_a_short_file_is_damaged(tmp_path, catalogue):
    (tmp_path / "tiny.onnx").write_bytes(b"weight")
    with pytest.raises(WeightsDamaged, match="6 bytes instead of 7"):
        weights.verify("tiny", tmp_path, catalogue)


def test_an_absent_file_is_missing(tmp_path):
    with pytest.raises(WeightsMissing):
        weights.verify("u2netp", tmp_path)


def test_a_file_of_the_right_size_counts_as_installed(tmp_path, catalogue):
    assert weights.is_installed("tiny", tmp_path, catalogue)


@pytest.mark.parametrize("content", [None, b"weight"])
def test_an_absent_or_short_file_does_not(tmp_path, catalogue, content):
    (tmp_path / "tiny.onnx").unlink()
    if content:
        (tmp_path / "tiny.onnx").write_bytes(content)
    assert not weights.is_installed("tiny", tmp_path, catalogue)


def test_lists_every_network_of_the_catalogue(tmp_path):
    assert [row.entry.name for row in weights.list_models(tmp_path)] == list(CATALOGUE)


def test_lists_a_file_of_the_wrong_size_as_present_only(tmp_path, catalogue):
    (tmp_path / "tiny.onnx").write_bytes(b"weight")
    (row,) = weights.list_models(tmp_path, catalogue)
    assert (row.is_present, row.is_installed) == (True, False)


@pytest.fixture
def two(tmp_path):
    """A catalogue of two small networks that remove backgrounds, both installed."""
    catalogue = {}
    for name in ("u2netp", "isnet"):
        catalogue[name] = put(name, tmp_path)
    return catalogue


def put(name, models):
    """Install some file as a network; returns the catalogue's row for it."""
    path = models / CATALOGUE[name].file_name
    path.write_bytes(name.encode())
    return describe(path, CATALOGUE[name])


def test_every_network_that_removes_backgrounds_is_ranked():
    assert set(weights.MATTING) == {row.name for row in ROWS if row.task == "matting"}


def test_a_network_of_8_bits_alone_serves(tmp_path):
    catalogue = dict(CATALOGUE) | {"isnet-u8": put("isnet-u8", tmp_path)}
    assert weights.best_matting(tmp_path, catalogue) == "isnet-u8"


def test_a_network_of_8_bits_goes_before_the_small_one(tmp_path, two):
    (tmp_path / "isnet.onnx").unlink()
    catalogue = two | {"isnet-u8": put("isnet-u8", tmp_path)}
    assert weights.best_matting(tmp_path, catalogue) == "isnet-u8"


def test_the_better_of_two_networks_serves(tmp_path, two):
    assert weights.best_matting(tmp_path, two) == "isnet"


def test_a_damaged_network_serves_nobody(tmp_path, two):
    (tmp_path / "isnet.onnx").write_bytes(b"wrong")
    assert weights.best_matting(tmp_path, two) == "u2netp"


def test_where_none_is_installed_none_serves(tmp_path):
    assert weights.best_matting(tmp_path) is None
