"""MobileSAM (Zhang et al., 2023, arXiv 2306.14289): a click or a box selects an object.

Contract of the export by Acly (Segment Anything's own, Kirillov et al., 2023). The encoder takes
`input_image` f32 (H, W, 3), RGB 0..255, its longest side 1024, and normalises and pads it itself;
it gives `image_embeddings` (1, 256, 64, 64). The decoder takes those, `point_coords` f32 (1, N, 2)
as x, y in pixels of that picture, `point_labels` f32 (1, N): 1 foreground, 0 background, 2 and 3
the first and the last corner of a box, -1 nothing (one is needed where there is no box), and
`orig_im_size` f32 (2,) = height, width. It gives `masks` (1, C, height, width), logits, and
`iou_predictions` (1, C): C is 1, or 4 with the candidate for many prompts first and three for a
single click, of which the best predicted is meant.
"""

import hashlib
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.arrays import RGB, Mask, Prompts, Size
from inference.engines.outlines import smooth
from inference.engines.remembered import Remembered
from inference.engines.sessions import Session
from inference.errors import EngineFailed
from inference.resampling import resize
from inference.timing import Clock

Floats: TypeAlias = NDArray[np.float32]

_SIDE = 1024
_FOREGROUND, _BACKGROUND, _FIRST_CORNER, _LAST_CORNER, _NOTHING = 1, 0, 2, 3, -1
_REMEMBERED_BYTES = 64 * 2**20
"""Of embeddings: 16 pictures."""


class MobileSamEngine:
    """A `SegmentationEngine`. Further prompts on the same picture cost only the decoder."""

    name = "mobilesam"

    def __init__(self, encoder: Session, decoder: Session) -> None:
        self._encoder = encoder
        self._decoder = decoder
        self._embeddings = Remembered[np.float32](_REMEMBERED_BYTES)

    def segment(self, rgb: RGB, prompts: Prompts, clock: Clock | None = None) -> Mask:
        clock = clock or Clock()
        height, width = rgb.shape[:2]
        with clock.measure("prepare"):
            frame = resize(rgb, _frame_size((width, height)))
        embedding = self._embedding(frame, clock)
        feeds = _feeds(prompts, (width, height), frame) | {"image_embeddings": embedding}
        with clock.measure("network"):
            masks, scores = self._decoder.run(["masks", "iou_predictions"], feeds)
        with clock.measure("prepare"):
            logits = _chosen(masks, scores, prompts)
            larger = cv2.resize(logits, (width, height), interpolation=cv2.INTER_LINEAR)
            return smooth(np.where(larger > 0, np.uint8(255), np.uint8(0)))

    def _embedding(self, frame: RGB, clock: Clock) -> Floats:
        with clock.measure("prepare"):
            key = hashlib.blake2b(frame.tobytes() + str(frame.shape).encode()).digest()

        def encode() -> Floats:
            with clock.measure("network"):
                feeds = {"input_image": frame.astype(np.float32)}
                (embedding,) = self._encoder.run(["image_embeddings"], feeds)
            return np.asarray(embedding, np.float32)

        return self._embeddings.of(key, encode)


def _frame_size(size: Size) -> Size:
    """Return the size with 1024 pixels on the longest side, smaller pictures enlarged."""
    width, height = (max(1, int(side * _SIDE / max(size) + 0.5)) for side in size)
    return width, height


def _feeds(prompts: Prompts, size: Size, frame: RGB) -> dict[str, Floats]:
    """Bring prompts from the picture to the frame, in the order the decoder was trained with."""
    places = [(point.x, point.y) for point in prompts.points]
    labels = [_FOREGROUND if point.is_foreground else _BACKGROUND for point in prompts.points]
    if box := prompts.box:
        places += [(box.left, box.top), (box.right, box.bottom)]
        labels += [_FIRST_CORNER, _LAST_CORNER]
    scale = np.array([frame.shape[1] / size[0], frame.shape[0] / size[1]], np.float32)
    coordinates = np.array(places, np.float32) * scale
    if box is None:
        coordinates = np.vstack([coordinates, np.zeros((1, 2), np.float32)])
        labels.append(_NOTHING)
    return {
        "point_coords": coordinates[None],
        "point_labels": np.array([labels], np.float32),
        "mask_input": np.zeros((1, 1, 256, 256), np.float32),
        "has_mask_input": np.zeros(1, np.float32),
        # Of the frame, not the picture: logits of 12 megapixels would take the decoder seconds.
        "orig_im_size": np.array(frame.shape[:2], np.float32),
    }


def _chosen(masks: Floats, scores: Floats, prompts: Prompts) -> Floats:
    """Return the logits (H, W) of the candidate that is meant."""
    if masks.ndim != 4 or not np.isfinite(masks).all():
        raise EngineFailed("The network's answer is not a mask.")
    is_single_click = len(prompts.points) == 1 and prompts.box is None
    if masks.shape[1] == 1 or not is_single_click:
        chosen: Floats = masks[0, 0]
    else:
        chosen = masks[0, 1 + int(np.argmax(scores[0, 1:]))]
    return chosen
