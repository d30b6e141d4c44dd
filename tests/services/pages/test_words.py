"""How durations, moments, amounts and options read."""

from datetime import timedelta

import pytest
from django.utils import timezone

from inference.arrays import Point, Prompts
from inference.rendering import Length, Margins, Options
from services import operations
from services.operations import RemoveBackground, RenderCutOut, SegmentImage
from services.pages import words


@pytest.mark.parametrize(
    ("ms", "text"),
    [(0.44, "0.4 ms"), (813.6, "814 ms"), (2_400, "2.4 s"), (95_000, "95 s")],
)
def test_a_duration(ms, text):
    assert words.duration(ms) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "just now"),
        (42, "42 s ago"),
        (300, "5 min ago"),
        (7_300, "2 h ago"),
        (900_000, "10 d ago"),
    ],
)
def test_a_moment(seconds, text):
    assert words.ago(timezone.now() - timedelta(seconds=seconds)) == text


def told(operation) -> dict[str, str]:
    return dict(words.options(operations.to_json(operation)))


def test_what_is_so_by_itself_is_not_told():
    assert told(RemoveBackground()) == {"quality": "auto"}


def test_a_quality_that_nobody_asked_for_is_not_told():
    assert told(RenderCutOut(Options())) == {}


def test_points_say_whether_they_are_wanted():
    prompts = Prompts((Point(1, 2), Point(3, 4, False)))
    assert told(SegmentImage(prompts))["prompts"] == "(1, 2) wanted; (3, 4) not wanted"


def test_options_of_a_cut_out_are_told_one_by_one():
    ten = Length(10, "%")
    options = Options(crop=True, crop_margin=Margins(ten, ten, ten, ten), background=(1, 2, 3, 255))
    found = told(RenderCutOut(options))
    assert found["crop"] == "yes" and found["background"] == "1, 2, 3, 255"
    assert found["crop margin"] == "10 %, 10 %, 10 %, 10 %"
