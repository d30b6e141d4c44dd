"""A picture and a mask -> the object alone, on transparent ground."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from inference import foreground
from inference.arrays import RGB, RGBA, Alpha, Mask

MAX_FEATHER = 50
"""Pixels."""
_FAINTEST = 12
"""Of 255, about 5 %: what a lossy mask leaves outside its object."""
_STRIP = 512


def cut_out(rgb: RGB, mask: Mask, feather: float = 0, own_alpha: Alpha | None = None) -> RGBA:
    """Return the object: alpha from the mask, colours without the background's, (0, 0, 0, 0) outside.

    All arrays have the same height and width. Grey in the mask is partial opacity; `own_alpha`,
    the transparency the picture had before, is multiplied in. `feather` (0..50 pixels) fades the
    object from its outline inwards. Colours change only where the mask is grey: what is faint for
    another reason is not mixed with a background.
    """
    if own_alpha is None or own_alpha.min() == 255:
        alpha, rgba = mask, with_alpha(rgb, mask)
        foreground.purify(rgba)
    else:
        alpha = cv2.multiply(mask, own_alpha, scale=1 / 255).astype(np.uint8, copy=False)
        rgba = with_alpha(_without_hidden(rgb, own_alpha), mask)
        foreground.purify(rgba)
        # A picture with transparency keeps its colours apart from it: nothing is mixed there.
        cv2.copyTo(with_alpha(rgb, mask), np.less(own_alpha, 255).view(np.uint8), rgba)
    rgba[..., 3] = feathered(alpha, feather)
    foreground.empty(rgba)
    return rgba


def with_alpha(rgb: RGB, alpha: Alpha) -> RGBA:
    """Return both in one, (H, W, 4); six times as fast as numpy stacks them."""
    rgba = cv2.cvtColor(rgb, cv2.COLOR_RGB2RGBA).astype(np.uint8, copy=False)
    rgba[..., 3] = alpha
    return rgba


def _without_hidden(rgb: RGB, alpha: Alpha) -> RGB:
    """Return the nearest colours that can be seen in place of those that cannot.

    What lies hidden beside an object is no background that its edge could be mixed with.
    """
    is_hidden = alpha <= _FAINTEST
    if not is_hidden.any() or is_hidden.all():
        return rgb
    _, labels = cv2.distanceTransformWithLabels(
        is_hidden.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_3, labelType=cv2.DIST_LABEL_PIXEL
    )
    colours = np.zeros((int(labels.max()) + 1, 3), np.uint8)
    colours[labels[~is_hidden]] = rgb[~is_hidden]
    continued = rgb.copy()
    continued[is_hidden] = colours[labels[is_hidden]]
    return continued


def feathered(alpha: Alpha, feather: float) -> Alpha:
    """Fade the inside of an object linearly over the outermost `feather` pixels; 0 changes nothing.

    The distance is Euclidean, from the outline, half a pixel before the outermost pixels' centres.
    Where the picture's frame cuts the object is no outline.
    """
    if feather <= 0:
        return alpha
    faded = np.zeros_like(alpha)
    left, top, width, height = cv2.boundingRect(alpha)
    # With a pixel around it: from inside, no outline farther away is the nearest.
    rows, columns = (
        slice(max(top - 1, 0), top + height + 1),
        slice(max(left - 1, 0), left + width + 1),
    )
    _fade(faded[rows, columns], alpha[rows, columns], feather)
    return faded


def _fade(faded: Alpha, alpha: Alpha, feather: float) -> None:
    # Nothing farther than this counts, so strips with that much around them are exact.
    around = math.ceil(feather) + 1
    for top in range(0, len(alpha), _STRIP):
        first = max(top - around, 0)
        nearby = alpha[first : top + _STRIP + around]
        opacity = _opacity(nearby, feather)[top - first :][:_STRIP]
        rows = slice(top, top + _STRIP)
        faded[rows] = opacity * alpha[rows] + np.float32(0.5)


def _opacity(alpha: Alpha, feather: float) -> NDArray[np.float32]:
    """Return 0.0 at the outline .. 1.0 from `feather` pixels inside on."""
    inside = (alpha > _FAINTEST).astype(np.uint8)
    if inside.all():  # OpenCV measures to nothing then
        return np.ones(alpha.shape, np.float32)
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    opacity: NDArray[np.float32] = (distance - np.float32(0.5)) / np.float32(feather)
    return np.clip(opacity, 0, 1, out=opacity)
