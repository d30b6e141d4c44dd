"""The report on graphs that were made here."""

from unittest import TestCase

import pytest

from inference import optimised
from inference.errors import WeightsDamaged
from inference.optimised import Measured, Report
from inference.weights import CATALOGUE

ENTRY = CATALOGUE["u2netp"]
REPORT = Report(ENTRY.sha256, "processor", "tools", {"fp32": Measured(1, 1, 0, 200.5)})


@pytest.fixture
def models(tmp_path):
    optimised.folder(tmp_path).mkdir()
    return tmp_path


def test_a_report_is_read_as_it_was_written(models):
    optimised.write(ENTRY, models, REPORT)
    assert optimised.read(ENTRY, models) == REPORT


def test_no_report_is_none(models):
    assert optimised.read(ENTRY, models) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"source_sha256": 1}', "\x00"])
def test_a_damaged_report_is_none(models, text):
    (optimised.folder(models) / "u2netp.json").write_text(text)
    assert optimised.read(ENTRY, models) is None


def test_a_damaged_report_is_told_once_until_it_changes(models):
    path = optimised.folder(models) / "u2netp.json"
    with TestCase().assertLogs("inference.optimised", "WARNING") as log:
        for text in ("{", "{{"):
            path.write_text(text)
            for _ in range(3):
                optimised.read(ENTRY, models)
    assert len(log.records) == 2


def test_a_report_on_another_file_is_none(models):
    optimised.write(CATALOGUE["isnet"], models, REPORT)
    assert optimised.read(CATALOGUE["isnet"], models) is None


def test_graphs_made_in_a_way_that_was_not_good_enough_are_left_alone(models):
    entry = CATALOGUE["isnet"]
    optimised.write(entry, models, Report(entry.sha256, "processor", "tools"))
    assert optimised.read(entry, models) is None


def test_graphs_made_as_they_are_made_now_are_taken(models):
    entry = CATALOGUE["isnet"]
    report = Report(entry.sha256, "", "", edition=optimised.edition_of("isnet"))
    optimised.write(entry, models, report)
    assert optimised.read(entry, models) == report


def test_a_graph_that_is_gone_is_damaged(models):
    report = Report(ENTRY.sha256, "", "", graphs={"int8": "a.int8.xml"}, files={"a.int8.xml": "0"})
    with pytest.raises(WeightsDamaged, match="cannot be read"):
        optimised.verify(report, "int8", models)


def test_every_file_of_a_graph_is_compared(models):
    place = optimised.folder(models)
    for name in ("a.int8.xml", "a.int8.bin"):
        (place / name).write_bytes(b"as it was made")
    digests = {name: optimised.digest_of(place / name) for name in ("a.int8.xml", "a.int8.bin")}
    report = Report(ENTRY.sha256, "", "", graphs={"int8": "a.int8.xml"}, files=digests)
    (place / "a.int8.bin").write_bytes(b"as it was maimed")
    with pytest.raises(WeightsDamaged, match=r"a\.int8\.bin is not what was made"):
        optimised.verify(report, "int8", models)


@pytest.mark.parametrize(
    "measured",
    [Measured(optimised.IOU_BAR, 1, 0, 1), Measured(1, 1, optimised.BOUNDARY_BAR, 1)],
    ids=["IoU", "boundary"],
)
def test_what_reaches_the_bar_is_close(measured):
    assert measured.is_close
