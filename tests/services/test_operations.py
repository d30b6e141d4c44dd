import json

import pytest

from inference.arrays import Box, Point, Prompts
from inference.rendering import Length, Options, Region
from services import operations
from services.operations import (
    ExtractObject,
    NotUnderstood,
    RemoveBackground,
    RenderCutOut,
    SegmentImage,
)


@pytest.mark.parametrize(
    "operation",
    [
        RemoveBackground(),
        RemoveBackground("best", "fine", 512),
        SegmentImage(Prompts((Point(1, 2.5), Point(3, 4, False)))),
        ExtractObject(),
        ExtractObject(Prompts((), Box(1, 2, 3, 4)), 5, "png", "fine", 512, True),
        RenderCutOut(Options()),
        RenderCutOut(Options(format="webp", roi=Region(*[Length(1)] * 4)), "best", "fine", True),
    ],
    ids=["defaults", "everything", "clicks", "mask", "box", "rendering", "rendering with options"],
)
def test_an_operation_comes_back_from_its_row(operation):
    assert operations.from_json(operations.to_json(operation)) == operation


def test_a_row_of_before_inversion_keeps_the_object():
    row = operations.to_json(ExtractObject())
    del row["invert"]
    assert operations.from_json(row) == ExtractObject(invert=False)


def test_a_row_of_before_the_configured_quality_keeps_its_own():
    row = operations.to_json(RenderCutOut(Options())) | {"quality": "auto"}
    assert operations.from_json(row) == RenderCutOut(Options(), quality="auto")


def test_a_row_tells_older_workers_no_quality_that_they_do_not_know():
    assert "quality" not in operations.to_json(RenderCutOut(Options()))


def test_a_service_of_another_version_is_refused():
    with pytest.raises(NotUnderstood, match="portraits"):
        operations.from_json({"service": "portraits"})


@pytest.mark.parametrize(
    "row",
    [
        {"service": "background-removal", "sharpen": 3},
        {"service": "background-removal", "quality": "superb"},
        {"service": "rendering", "options": {"glow": 1}},
        {"service": "image-segmentation", "prompts": {"points": [{"x": 1, "y": 2, "z": 3}]}},
    ],
    ids=["an option", "a value", "an option of an option", "a part of a point"],
)
def test_what_another_version_added_is_not_left_out(row):
    with pytest.raises(NotUnderstood):
        operations.from_json(row)


def test_a_row_goes_through_the_database_as_json():
    operation = ExtractObject(Prompts((Point(1, 2.5),), Box(1, 2, 3, 4)))
    row = json.loads(json.dumps(operations.to_json(operation)))
    assert operations.from_json(row) == operation


def test_reading_leaves_the_row_as_it_was():
    row = operations.to_json(RemoveBackground())
    operations.from_json(row)
    assert row["service"] == "background-removal"
