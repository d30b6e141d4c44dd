import json

import pytest

from inference.arrays import Box, Point, Prompts
from services import operations
from services.operations import ExtractObject, RemoveBackground, SegmentImage


@pytest.mark.parametrize(
    "operation",
    [
        RemoveBackground(),
        RemoveBackground("best", "fine", 512),
        SegmentImage(Prompts((Point(1, 2.5), Point(3, 4, False)))),
        ExtractObject(),
        ExtractObject(Prompts((), Box(1, 2, 3, 4)), 5, "png", "fine", 512, True),
    ],
    ids=["defaults", "everything", "clicks", "mask", "box"],
)
def test_an_operation_comes_back_from_its_row(operation):
    assert operations.from_json(operations.to_json(operation)) == operation


def test_a_row_of_before_inversion_keeps_the_object():
    row = operations.to_json(ExtractObject())
    del row["invert"]
    assert operations.from_json(row) == ExtractObject(invert=False)


def test_a_service_of_another_version_is_refused():
    with pytest.raises(KeyError):
        operations.from_json({"service": "portraits"})


def test_a_row_goes_through_the_database_as_json():
    operation = ExtractObject(Prompts((Point(1, 2.5),), Box(1, 2, 3, 4)))
    row = json.loads(json.dumps(operations.to_json(operation)))
    assert operations.from_json(row) == operation


def test_reading_leaves_the_row_as_it_was():
    row = operations.to_json(RemoveBackground())
    operations.from_json(row)
    assert row["service"] == "background-removal"
