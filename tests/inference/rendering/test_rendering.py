"""What each option must show, on a drawn picture whose alpha is known."""

import numpy as np
import pytest

from inference.rendering import Foreground, FormatTooSmall, Margins, NoForeground, Options, Region
from tests.inference.rendering.scenes import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RED,
    RIGHT,
    TOP,
    WIDTH,
    every,
    image_of,
    mask,
    percent,
    picture,
    pixels,
    px,
    rendered,
    strip,
    unpacked,
)


def test_by_default_the_cut_out_has_the_size_of_the_picture_and_the_mask_as_alpha():
    assert np.array_equal(pixels(rendered())[..., 3], mask())


def test_the_subject_keeps_its_bytes():
    assert (pixels(rendered())[TOP:BOTTOM, LEFT:RIGHT, :3] == RED).all()


def test_tells_where_the_subject_lies():
    expected = Foreground(TOP, LEFT, RIGHT - LEFT, BOTTOM - TOP)
    assert rendered().foreground == expected


def test_cropping_leaves_the_subject_alone():
    assert rendered(crop=True).size == (RIGHT - LEFT, BOTTOM - TOP)


@pytest.mark.parametrize(
    ("margin", "size"),
    [(px(5), (70, 50)), (percent(10), (72, 48)), (px(400), (120, 80))],
    ids=["pixels", "percent of the subject", "at most half of the subject"],
)
def test_a_margin_is_left_around_a_crop(margin, size):
    assert rendered(crop=True, crop_margin=every(margin)).size == size


def test_margins_go_by_side():
    margins = Margins(px(1), px(2), px(3), px(4))
    found = rendered(crop=True, crop_margin=margins).foreground
    assert (found.top, found.left) == (1, 4)


def test_a_margin_is_added_also_where_the_subject_touches_the_border():
    everywhere = np.full((HEIGHT, WIDTH), 255, np.uint8)
    margins = Margins(px(5), px(10), px(20), percent(10))
    result = rendered(with_mask=everywhere, crop=True, crop_margin=margins)
    box = result.foreground
    assert (result.size, box.left, box.top) == ((WIDTH + 30, HEIGHT + 25), 20, 5)
    assert pixels(result)[:5, :, 3].max() == 0


def test_a_crop_can_be_grown_to_a_ratio():
    assert rendered(crop=True, crop_ratio=(1, 1)).size == (60, 60)


def test_what_a_ratio_adds_is_transparent():
    alpha = pixels(rendered(crop=True, crop_ratio=(1, 4)))[..., 3]
    assert (alpha.shape, alpha[0].max()) == ((240, 60), 0)


@pytest.mark.parametrize(("cap", "size"), [(6000, (100, 60)), (24_000, (200, 120)), (1, (1, 1))])
def test_a_cap_in_pixels_shrinks_and_never_enlarges(cap, size):
    assert rendered(max_pixels=cap).size == size


@pytest.mark.parametrize(("side", "size"), [(100, (100, 60)), (5000, (WIDTH, HEIGHT))])
def test_a_cap_on_the_longest_side_shrinks_and_never_enlarges(side, size):
    assert rendered(max_side=side).size == size


def test_the_cap_for_png_leaves_other_formats():
    sizes = [rendered(format=kind, png_max_pixels=6000).size for kind in ("png", "jpg")]
    assert sizes == [(100, 60), (WIDTH, HEIGHT)]


def test_tells_the_size_without_caps():
    assert rendered(max_pixels=6000).largest == (WIDTH, HEIGHT)


def test_the_subject_can_be_scaled_to_a_share_of_the_canvas():
    found = rendered(scale=0.5).foreground
    # 120 high, of which the subject may fill 60, or 100 of the 200 across, whichever is less.
    assert (found.width, found.height) == pytest.approx((90, 60), abs=1)


def test_a_scaled_subject_is_centred():
    found = rendered(scale=0.5).foreground
    assert (found.left + found.width / 2, found.top + found.height / 2) == pytest.approx(
        (WIDTH / 2, HEIGHT / 2), abs=1
    )


@pytest.mark.parametrize(
    ("position", "corner"),
    [((0, 0), (0, 0)), ((100, 100), (140, 80)), ((50, 50), (70, 40)), ((25, 75), (35, 60))],
)
def test_the_subject_goes_where_it_is_wanted(position, corner):
    found = rendered(position=position).foreground
    assert (found.left, found.top) == corner


def test_outside_of_the_region_everything_is_background():
    region = Region(px(0), px(0), px(70), percent(100))
    alpha = pixels(rendered(roi=region))[..., 3]
    assert (alpha[50, 69], alpha[50, 70]) == (255, 0)


def test_a_background_colour_shows_where_the_subject_is_not():
    shown = pixels(rendered(background=(10, 20, 30, 255)))
    assert (shown[0, 0].tolist(), shown[50, 50].tolist()) == ([10, 20, 30], list(RED))


def test_a_background_colour_mixes_with_half_opacity():
    own = np.full((HEIGHT, WIDTH), 128, np.uint8)
    shown = pixels(rendered(of=picture(alpha=own), background=(0, 0, 0, 255)))
    assert shown[50, 50] == pytest.approx(np.array(RED) * 128 / 255, abs=1.5)


def test_a_half_transparent_background_stays_so():
    shown = pixels(rendered(background=(10, 20, 30, 100)))
    assert shown[0, 0].tolist() == [10, 20, 30, 100]


def test_a_background_picture_covers_the_canvas():
    ground = np.zeros((50, 50, 3), np.uint8)
    ground[:, :25] = 255
    shown = pixels(rendered(ground=ground))
    assert (shown[5, 5].tolist(), shown[5, -5].tolist()) == ([255] * 3, [0] * 3)


def test_a_background_picture_of_the_same_size_keeps_its_bytes():
    ground = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    outside = mask() == 0
    assert np.array_equal(pixels(rendered(ground=ground))[outside], ground[outside])


def test_a_background_can_be_blurred():
    ground = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    sharp, blurred = (
        pixels(rendered(ground=ground, background_blur=blur))[:25].std() for blur in (0, 80)
    )
    assert blurred < sharp / 3


@pytest.mark.parametrize("kind", ["jpg", "bmp", "gif"])
def test_formats_without_transparency_are_white_behind(kind):
    shown = image_of(rendered(format=kind)).convert("RGB")
    assert min(shown.getpixel((2, 2))) >= 250


def test_channels_rgb_are_opaque():
    assert image_of(rendered(channels="rgb")).mode == "RGB"


@pytest.mark.parametrize("kind", ["png", "webp", "tiff"])
def test_formats_with_transparency_keep_it(kind):
    assert np.array_equal(np.asarray(image_of(rendered(format=kind)))[..., 3], mask())


def test_the_alpha_channel_alone_is_grey():
    shown = image_of(rendered(channels="alpha"))
    assert (shown.mode, np.array_equal(np.asarray(shown), mask())) == ("L", True)


@pytest.mark.parametrize("kind", ["png", "jpg", "webp", "bmp", "tiff", "gif"])
def test_the_alpha_channel_comes_in_every_format(kind):
    assert image_of(rendered(channels="alpha", format=kind)).size == (WIDTH, HEIGHT)


@pytest.mark.parametrize(("fields", "kind"), [({}, "png"), ({"background": (1, 2, 3, 255)}, "jpg")])
def test_auto_is_jpeg_only_without_transparency(fields, kind):
    assert rendered(format="auto", **fields).extension == kind


def test_a_zip_holds_colour_and_alpha_of_the_same_size():
    colour, alpha = unpacked(rendered(format="zip"))
    assert colour.shape[:2] == alpha.shape == (HEIGHT, WIDTH)


@pytest.mark.parametrize("fields", [{}, {"crop": True}, {"scale": 0.5}, {"channels": "rgb"}])
def test_a_zip_composes_to_the_png(fields):
    png = pixels(rendered(Options(**fields)))
    colour, alpha = unpacked(rendered(Options(format="zip", **fields)))
    composed = colour * (alpha[..., None] / 255)
    expected = png[..., :3] * (png[..., 3:] / 255 if png.shape[2] == 4 else 1)
    assert np.abs(composed - expected).mean() < 3


def test_despill_takes_green_away():
    shown = pixels(rendered(of=picture((90, 200, 80)), despill=True))[50, 50]
    assert shown[1] <= max(shown[0], shown[2]) + 1


def test_despill_keeps_the_brightness():
    shown = pixels(rendered(of=picture((90, 200, 80)), despill=True))[50, 50, :3]
    luma = np.array([0.299, 0.587, 0.114])
    assert shown @ luma == pytest.approx(np.array([90, 200, 80]) @ luma, abs=2)


def test_despill_leaves_other_colours():
    assert pixels(rendered(despill=True))[50, 50, :3].tolist() == list(RED)


def test_padding_goes_around_everything():
    result = rendered(crop=True, padding=px(10))
    assert (result.size, result.foreground.left) == ((80, 60), 10)


@pytest.mark.parametrize(
    ("fit", "width", "box"),
    [
        ("contain", 120, (0, 120, 120, 80)),
        ("cover", 120, (0, 0, 120, 200)),
        ("scale-down", 120, (30, 80, 60, 40)),
    ],
)
def test_a_result_is_fitted_into_a_canvas(fit, width, box):
    result = rendered(crop=True, width=width, height=width if fit != "cover" else 200, fit=fit)
    found = result.foreground
    left, _, across, _ = box
    assert (found.left, found.width) == pytest.approx((left, across), abs=1)


def test_a_width_alone_keeps_the_proportions():
    assert rendered(width=100).size == (100, 60)


def test_enlarging_draws_no_dark_rim():
    shown = pixels(rendered(crop=True, padding=px(5), width=400))
    visible = shown[shown[..., 3] > 20][:, :3].astype(int)
    assert np.abs(visible - RED).max() <= 3


def test_without_semitransparency_pixels_are_in_or_out():
    soft = np.clip(mask().astype(int) - np.arange(WIDTH), 0, 255).astype(np.uint8)
    alpha = pixels(rendered(with_mask=soft, semitransparency=False))[..., 3]
    assert set(np.unique(alpha)) <= {0, 255}


def test_no_subject_is_an_error():
    with pytest.raises(NoForeground):
        rendered(with_mask=mask(0))


def test_a_side_that_the_format_cannot_hold_is_an_error():
    with pytest.raises(FormatTooSmall):
        strip(20_000, 1, format="webp")
