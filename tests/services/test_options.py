"""Texts of the vendors' options: what is read, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.rendering import Length, Margins, Region
from services import options


def px(value):
    return Length(value, "px")


def percent(value):
    return Length(value, "%")


@pytest.mark.parametrize("text", ["true", "1", "YES", "on", " True "])
def test_words_for_true(text):
    assert options.boolean(text) is True


@pytest.mark.parametrize("text", ["false", "0", "No", "off", ""])
def test_words_for_false(text):
    assert options.boolean(text) is False


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("#fff", (255, 255, 255, 255)),
        ("81d4fa", (0x81, 0xD4, 0xFA, 255)),
        ("81d4fa77", (0x81, 0xD4, 0xFA, 0x77)),
        ("f008", (255, 0, 0, 0x88)),
        ("rgb(255, 0, 10)", (255, 0, 10, 255)),
        ("Green", (0, 128, 0, 255)),
        ("hsl(0, 100%, 50%)", (255, 0, 0, 255)),
        ("rgb(300, 0, 0)", (255, 0, 0, 255)),
        ("rgb(200%, 0%, 0%)", (255, 0, 0, 255)),
        ("rgba(1, 2, 3, 300)", (1, 2, 3, 255)),
        ("hsl(0, 200%, 50%)", (255, 0, 0, 255)),
        ("rgba(255, 0, 0, 1)", (255, 0, 0, 255)),
        ("rgba(255, 0, 0, 0.5)", (255, 0, 0, 128)),
        ("rgba(255, 0, 0, .2)", (255, 0, 0, 51)),
        ("rgba(255, 0, 0, 0)", (255, 0, 0, 0)),
        ("rgb(255 0 0 / 50%)", (255, 0, 0, 128)),
        ("rgb(1 2 3)", (1, 2, 3, 255)),
        ("hsla(0, 100%, 50%, 0.2)", (255, 0, 0, 51)),
        ("hsl(0deg 100% 50%)", (255, 0, 0, 255)),
        ("Transparent", (0, 0, 0, 0)),
        ("", None),
    ],
)
def test_colours(text, colour):
    assert options.colour(text) == colour


@pytest.mark.parametrize(
    ("text", "margins"),
    [
        ("30px", Margins(*[px(30)] * 4)),
        ("10%", Margins(*[percent(10)] * 4)),
        ("10% 5", Margins(percent(10), px(5), percent(10), px(5))),
        ("1 2 3 4%", Margins(px(1), px(2), px(3), percent(4))),
    ],
)
def test_margins(text, margins):
    assert options.margins(text) == margins


def test_a_region():
    expected = Region(px(10), percent(20), percent(100), px(90))
    assert options.region("10 20% 100% 90px") == expected


@pytest.mark.parametrize("text", ["", "0", " 0 "])
def test_no_region_is_the_whole_picture(text):
    assert options.region_or_all(text) is None


@pytest.mark.parametrize(("text", "scale"), [("original", None), ("10%", 0.1), ("100%", 1.0)])
def test_scales(text, scale):
    assert options.scale(text) == scale


@pytest.mark.parametrize(
    ("text", "position"),
    [("original", None), ("center", (50, 50)), ("30%", (30, 30)), ("25% 75%", (25, 75))],
)
def test_positions(text, position):
    assert options.position(text) == position


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (options.boolean, "maybe"),
        (options.colour, "nocolour"),
        (options.colour, "#12345"),
        (options.colour, "rgb()"),
        (options.colour, "rgb(1, 2)"),
        (options.colour, "rgb(1, 2, 3, 1, 1)"),
        (options.colour, "rgba(1, 2, 3, half)"),
        (options.length, "-1"),
        (options.length, "1e3"),
        (options.length, "101%"),
        (options.margins, "1 2 3"),
        (options.region, "1 2 3"),
        (options.scale, "9%"),
        (options.scale, "50"),
        (options.position, "left"),
        (options.position, "1% 2% 3%"),
        (options.whole(1, 5), "6"),
        (options.whole(1, 5), "1.5"),
        (options.number(0, 100), "nan"),
        (options.number(0, 100), "100.5"),
        (options.words("png", "jpg"), "gif"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_would(parse, text):
    with pytest.raises(ValueError, match="expected"):
        parse(text)


PARSERS = [
    options.boolean,
    options.colour,
    options.length,
    options.margins,
    options.region,
    options.scale,
    options.position,
    options.whole(0, 9),
    options.number(0, 9),
    options.words("a"),
]


@given(st.sampled_from(PARSERS), st.text(max_size=40))
def test_any_text_is_read_or_refused(parse, text):
    try:
        parse(text)
    except ValueError as error:
        assert str(error).startswith("expected")
