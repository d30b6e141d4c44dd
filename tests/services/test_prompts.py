"""points, labels and box: whatever a client sends is a Prompts or a 422 that names the field."""

import json
import math
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from inference.arrays import Box, Point, Prompts
from services.dialects import prompts
from services.errors import BadField, BadInput
from services.orders import check_inside

numbers = st.integers(-10_000, 10_000) | st.floats(allow_nan=False, allow_infinity=False, width=32)
pairs = st.tuples(numbers, numbers)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)


def read(**query: str) -> Prompts:
    return prompts.read(Request(APIRequestFactory().post("/?" + urlencode(query))))


def refused(**query: str) -> tuple[str, ...] | None:
    """The place that is named in the refusal; None if the query was accepted."""
    try:
        read(**query)
    except BadField as error:
        return error.loc
    return None


@given(st.lists(pairs, min_size=1, max_size=64))
def test_every_list_of_pairs_of_numbers_is_read(points):
    expected = tuple(Point(x, y) for x, y in points)
    assert read(points=json.dumps(points)).points == expected


@given(st.lists(st.sampled_from([0, 1]), min_size=1, max_size=64))
def test_labels_tell_foreground_from_background(labels):
    points = json.dumps([[1, 2]] * len(labels))
    read_back = read(points=points, labels=json.dumps(labels), box="[0,0,5,5]")
    assert [point.is_foreground for point in read_back.points] == [label == 1 for label in labels]


@given(pairs, pairs)
def test_a_box_is_read_if_its_corners_are_in_order_and_refused_if_not(first, second):
    box = [*first, *second]
    is_ordered = first[0] < second[0] and first[1] < second[1]
    assert refused(box=json.dumps(box)) == (None if is_ordered else ("query", "box"))


@given(st.text(max_size=40))
@example("")
@example("[" * 5000)
@example("1" * 5000)
@example("[[1e999,1]]")
@example("[[Infinity,1]]")
@example("[[NaN,1]]")
@example("null")
@example("[[1,2,3]]")
@example("[[1]]")
def test_text_that_is_no_list_of_pairs_is_refused_by_name(text):
    assert refused(points=text) == ("query", "points")


@given(anything)
def test_any_json_is_refused_by_name_or_made_of_finite_numbers(value):
    try:
        points = read(points=json.dumps(value), box="[0,0,1,1]").points
    except BadField as error:
        assert error.loc == ("query", "points")
    else:
        assert all(math.isfinite(point.x) and math.isfinite(point.y) for point in points)


@given(anything)
def test_any_json_as_a_box_is_refused_by_name_or_ordered(value):
    try:
        box = read(box=json.dumps(value)).box
    except BadField as error:
        assert error.loc == ("query", "box")
    else:
        assert box is not None and box.left < box.right and box.top < box.bottom


@given(anything)
def test_any_json_as_labels_is_refused_by_name_or_one_for_each_point(value):
    place = refused(points="[[1,2],[3,4]]", labels=json.dumps(value))
    is_right = type(value) is list and [type(label) for label in value] == [int, int]
    is_right = is_right and set(value) <= {0, 1} and 1 in value
    assert place == (None if is_right else ("query", "labels"))


def test_64_points_are_read_however_long_their_numbers_are():
    points = json.dumps([[-1234.567890123456, 9876.543210987654]] * 64)
    assert len(read(points=points).points) == 64


@pytest.mark.parametrize("count", [65, 10_000])
def test_more_than_64_points_are_refused(count):
    assert refused(points=json.dumps([[1, 1]] * count)) == ("query", "points")


_HUGE = "1" + "0" * 400


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"points": "[[true,1]]"}, "points"),
        ({"points": f"[[{_HUGE},1]]"}, "points"),
        ({"box": f"[0,0,1,{_HUGE}]"}, "box"),
        ({"points": "[[1,2]]", "box": "null"}, "box"),
        ({"points": "[[1,2]]", "labels": "[true]"}, "labels"),
        ({"points": "[[1,2]]", "labels": "[1.0]"}, "labels"),
        ({"points": "[[1,2]]", "labels": "null"}, "labels"),
    ],
)
def test_what_is_nearly_a_number_is_refused_by_name(query, name):
    assert refused(**query) == ("query", name)


def test_labels_without_points_are_refused():
    assert refused(labels="[1]", box="[0,0,1,1]") == ("query", "labels")


def test_points_that_only_say_what_is_not_wanted_are_refused():
    assert refused(points="[[1,2],[3,4]]", labels="[0,0]") == ("query", "labels")


def test_a_box_may_come_with_points_that_only_say_what_is_not_wanted():
    assert read(points="[[1,2]]", labels="[0]", box="[0,0,5,5]").points == (Point(1, 2, False),)


@pytest.mark.parametrize("query", [{}, {"points": "[]"}, {"labels": "[]"}])
def test_neither_a_point_nor_a_box_is_refused(query):
    assert refused(**query) == ("query", "points")


def outside(given_prompts: Prompts, size: tuple[int, int]) -> str | None:
    try:
        check_inside(given_prompts, size)
    except BadInput as error:
        return error.part
    return None


@given(pairs, st.integers(1, 9000), st.integers(1, 9000))
def test_a_point_is_inside_of_the_picture_or_refused(point, width, height):
    x, y = point
    is_inside = 0 <= x < width and 0 <= y < height
    assert outside(Prompts((Point(x, y),)), (width, height)) == (None if is_inside else "points")


@given(pairs, pairs, st.integers(1, 9000), st.integers(1, 9000))
def test_a_box_is_inside_of_the_picture_or_refused(first, second, width, height):
    (left, right), (top, bottom) = sorted([first[0], second[0]]), sorted([first[1], second[1]])
    is_inside = min(left, top) >= 0 and right <= width and bottom <= height
    box = Box(left, top, right, bottom)
    assert outside(Prompts((), box), (width, height)) == (None if is_inside else "box")
