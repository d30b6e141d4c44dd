"""Pillow images of every mode -> RGB arrays, alpha and grey, without clipping or guessing."""

import io

import cv2
import numpy as np
from PIL import Image, ImageCms

from inference.arrays import RGB, Alpha, Mask

_RGB = b"RGB "
_CMYK = b"CMYK"
_GREY = b"GRAY"


def to_rgb_and_alpha(image: Image.Image) -> tuple[RGB, Alpha | None]:
    """Split a loaded image into colours and alpha; alpha is None where the file has none."""
    if image.mode.startswith("I"):
        rgb, alpha = _from_deep_grey(image)
        return in_tones(rgb, image), alpha
    if image.mode == "CMYK":
        image = _cmyk_to_rgb(image)
    if image.has_transparency_data:
        rgba = np.asarray(_converted(image, "RGBA"))
        rgb = cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB).astype(np.uint8, copy=False)
        alpha = cv2.extractChannel(rgba, 3).astype(np.uint8, copy=False)
        return in_tones(rgb, image), alpha
    return in_tones(np.asarray(_converted(image, "RGB")), image), None


def in_tones(rgb: RGB, image: Image.Image) -> RGB:
    """Return the pixels of an image as sRGB has them, where it has a profile of greys.

    Results are in colour, and have no use for such a profile. Without it, the greys of one for
    printing (dot gain 20 %) would come out 20 levels too dark.
    """
    profile = _profile(image, _GREY) if Image.getmodebase(image.mode) == "L" else None
    if profile is None:
        return rgb
    ramp = _through(Image.fromarray(np.arange(256, dtype=np.uint8)[np.newaxis]), profile)
    if ramp is None:
        return rgb
    # One channel for all: through a profile, greys may come out a level apart.
    tones = np.ascontiguousarray(np.asarray(ramp)[..., 1])
    return cv2.LUT(rgb, tones).astype(np.uint8, copy=False)


def to_grey(image: Image.Image) -> Mask:
    """Return the brightness of a loaded image, darkened by its transparency if it has one."""
    if image.mode.startswith("I"):
        rgb, alpha = _from_deep_grey(image)
        grey = rgb[..., 0]
    elif image.has_transparency_data:
        grey_alpha = np.asarray(_converted(image, "RGBA").convert("LA"))
        grey, alpha = grey_alpha[..., 0], grey_alpha[..., 1]
    else:
        grey, alpha = np.asarray(_converted(image, "L")), None
    if alpha is None:
        return np.ascontiguousarray(grey)
    return ((grey.astype(np.uint16) * alpha + 127) // 255).astype(np.uint8)


def rgb_profile(image: Image.Image) -> bytes | None:
    """Return the embedded ICC profile if it still describes the RGB array made of this image."""
    return _profile(image, _RGB)


def is_srgb(icc_profile: bytes) -> bool:
    """Tell by its name whether a profile is sRGB, as most are; a broken one is taken for it."""
    try:
        return ImageCms.getProfileDescription(io.BytesIO(icc_profile)).startswith("sRGB")
    except ImageCms.PyCMSError:  # a broken profile is no reason to refuse the picture
        return True


def to_srgb(rgb: RGB, icc_profile: bytes) -> RGB:
    """Return the colours that a profile describes as sRGB has them."""
    return np.asarray(_through(Image.fromarray(rgb), icc_profile) or rgb)


def _converted(image: Image.Image, mode: str) -> Image.Image:
    # Pillow would copy one that is so already: 35 ms at 12 Mpixel.
    return image if image.mode == mode else image.convert(mode)


def _from_deep_grey(image: Image.Image) -> tuple[RGB, Alpha | None]:
    # Pillow's own conversion clips 16-bit grey to 255, which turns the picture white.
    deep = np.asarray(image).astype(np.uint32, copy=False)
    grey = ((np.clip(deep, 0, 65535) + 128) // 257).astype(np.uint8)
    transparent = image.info.get("transparency")
    alpha = None
    if isinstance(transparent, int):
        alpha = np.where(deep == transparent, 0, 255).astype(np.uint8)
    return np.repeat(grey[..., np.newaxis], 3, axis=2), alpha


def _cmyk_to_rgb(image: Image.Image) -> Image.Image:
    profile = _profile(image, _CMYK)
    if profile is None:
        return image.convert("RGB")
    return _through(image, profile) or image.convert("RGB")


def _through(image: Image.Image, profile: bytes) -> Image.Image | None:
    """Bring an image to sRGB; None where that cannot be done."""
    try:
        return ImageCms.profileToProfile(
            image, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except ImageCms.PyCMSError:  # a broken profile is no reason to refuse the picture
        return None


def _profile(image: Image.Image, colour_space: bytes) -> bytes | None:
    profile = image.info.get("icc_profile")
    # Bytes 16..19 of an ICC header name the colour space (ICC.1:2022, 7.2.6).
    if isinstance(profile, bytes) and profile[16:20] == colour_space:
        return profile
    return None
