"""What a client may ask of a finished picture: plain values, fit to be kept as JSON."""

from dataclasses import dataclass
from typing import Literal

Channels = Literal["rgba", "rgb", "alpha"]
Format = Literal["auto", "png", "jpg", "webp", "bmp", "tiff", "gif", "zip"]
Fit = Literal["contain", "cover", "scale-down"]


@dataclass(frozen=True, slots=True)
class Length:
    """Pixels of the upright original, or a percentage of something, 0..100."""

    value: float
    unit: Literal["px", "%"] = "px"

    def of(self, whole: float) -> float:
        """Return the pixels that this is of `whole` pixels."""
        return self.value * whole / 100 if self.unit == "%" else self.value


@dataclass(frozen=True, slots=True)
class Margins:
    """What to leave around the subject when cropping; percentages are of the subject."""

    top: Length
    right: Length
    bottom: Length
    left: Length


@dataclass(frozen=True, slots=True)
class Region:
    """The part of the picture that counts; percentages are of the picture."""

    left: Length
    top: Length
    right: Length
    bottom: Length


@dataclass(frozen=True, slots=True)
class Options:
    """Defaults change nothing: the cut-out in the picture's own size, as PNG with alpha.

    Caps (`max_pixels`, `max_side`, and `png_max_pixels` where a PNG comes out) only ever shrink.
    `format` "auto" is PNG where the result has transparency, else JPEG. `scale` is the largest
    share of the canvas that the subject may fill, 0.1..1.0; `position` is where the free space
    goes, in percent from the left and from the top, and centres it if only `scale` is given.
    `background` is red, green, blue, alpha. `background_blur` 0..100 blurs a background picture.
    `width`, `height` and `fit` give the canvas: the result is fitted into it, cut to fill it, or
    fitted but never enlarged. `padding` is put around everything, a percentage of the longer side.
    Without `semitransparency` every pixel of the result is either opaque, from an opacity of one
    half on, or gone; its colours are those of the subject all the same. `jpeg_quality` is 1..100.
    """

    channels: Channels = "rgba"
    format: Format = "png"
    max_pixels: int | None = None
    max_side: int | None = None
    png_max_pixels: int | None = None
    crop: bool = False
    crop_margin: Margins | None = None
    crop_ratio: tuple[float, float] | None = None
    scale: float | None = None
    position: tuple[float, float] | None = None
    roi: Region | None = None
    background: tuple[int, int, int, int] | None = None
    background_blur: float = 0
    despill: bool = False
    padding: Length | None = None
    width: int | None = None
    height: int | None = None
    fit: Fit = "contain"
    semitransparency: bool = True
    jpeg_quality: int = 95

    @property
    def is_flat(self) -> bool:
        """Whether a result has no transparency whatever the picture is."""
        return self.channels == "rgb" or self.format in ("jpg", "bmp", "gif")
