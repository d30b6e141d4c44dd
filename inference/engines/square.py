"""The square window of a fixed side that inpainting networks work in, and the way back out of it.

What lies under the hole never reaches the network: it is painted over first, so that neither
resizing nor the network can let any of it shine through.
"""

import cv2
import numpy as np

from inference.arrays import RGB, Mask
from inference.resampling import resize

_REFLECT = cv2.BORDER_REFLECT_101
_PAINT_RADIUS = 3


def holes_of(mask: Mask) -> Mask:
    """Return 255 where something is to be replaced, 0 elsewhere: `mask` thresholded at 128."""
    return np.where(mask >= 128, np.uint8(255), np.uint8(0))


def hidden(rgb: RGB, hole: Mask) -> RGB:
    """Return a copy with one colour under the hole: the mean of what is known, or grey."""
    known = cv2.bitwise_not(hole)
    colour = cv2.mean(rgb, known)[:3] if known.any() else (128,) * 3
    result = rgb.copy()
    result[hole > 0] = np.round(colour)
    return result


def squared(rgb: RGB, hole: Mask, side: int) -> tuple[RGB, Mask]:
    """Reflect (H, W) into a square at the right and the bottom, and resize it to side x side.

    `hole` is 0 or 255 and is reflected too, so that no mirror image of what it hides is seen; it
    grows to every pixel that resizing mixed with it. Under it the colours around are continued
    (Navier-Stokes inpainting of Bertalmio et al., CVPR 2001): where a network blends its answer
    with what it was given, as MI-GAN's does within a few pixels of the edge, no seam is left.
    """
    height, width = hole.shape
    longest = max(height, width)
    border = (0, longest - height, 0, longest - width, _REFLECT)
    image = np.asarray(cv2.copyMakeBorder(hidden(rgb, hole), *border), np.uint8)
    unknown = np.asarray(cv2.copyMakeBorder(hole, *border), np.uint8)
    if longest != side:
        share = resize(unknown.astype(np.float32), (side, side))
        image = resize(image, (side, side))
        unknown = np.where(share > 0, np.uint8(255), np.uint8(0))
    if unknown.all():
        return image, unknown
    painted = cv2.inpaint(image, unknown, _PAINT_RADIUS, cv2.INPAINT_NS)
    return np.asarray(painted, np.uint8), unknown


def composed(rgb: RGB, hole: Mask, answer: RGB) -> RGB:
    """Bring the square answer back to the size of `rgb` and put it into the hole, nowhere else."""
    height, width = hole.shape
    longest = max(height, width)
    side = answer.shape[0]
    if side != longest:
        way = cv2.INTER_AREA if longest < side else cv2.INTER_CUBIC
        resized = cv2.resize(answer, (longest, longest), interpolation=way)
        answer = np.asarray(resized, np.uint8)
    return np.where(hole[..., None] > 0, answer[:height, :width], rgb)
