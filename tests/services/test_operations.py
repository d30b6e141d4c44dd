import pytest

from services import operations
from services.operations import RemoveBackground


@pytest.mark.parametrize(
    "operation",
    [RemoveBackground(), RemoveBackground("best", "fine", 512)],
    ids=["defaults", "everything"],
)
def test_an_operation_comes_back_from_its_row(operation):
    assert operations.from_json(operations.to_json(operation)) == operation


def test_a_service_of_another_version_is_refused():
    with pytest.raises(KeyError):
        operations.from_json({"service": "portraits"})


def test_reading_leaves_the_row_as_it_was():
    row = operations.to_json(RemoveBackground())
    operations.from_json(row)
    assert row["service"] == "background-removal"
