"""Why a job ends without a result: the codes, and what its customer is told. None of them is charged."""

import logging
from typing import NamedTuple
from uuid import UUID

from inference.errors import (
    InferenceError,
    NothingFound,
    TooManyPixels,
    TooMuchFound,
    UnreadableImage,
    UnusableMask,
    WeightsMissing,
)
from inference.rendering import FormatTooSmall, NoForeground
from services import storing

logger = logging.getLogger(__name__)

UNREADABLE, UNUSABLE_MASK = "unreadable_image", "unusable_mask"
NOTHING_FOUND, FORMAT_TOO_SMALL = "nothing_found", "format_too_small"
NO_ENGINE, CANCELLED, GAVE_UP = "no_engine", "cancelled", "gave_up"
NO_ROOM, STORAGE_AWAY, INPUT_GONE = "no_room", "storage_away", "input_gone"
#: Of storage: the same request may be sent again, also under its Idempotency-Key.
OF_STORAGE = (NO_ROOM, STORAGE_AWAY, INPUT_GONE)
#: What is no fault of the picture, and may be over when it is sent again.
PASSING = (CANCELLED, GAVE_UP, *OF_STORAGE)
#: No failure: the note on a waiting or running job that only storage's trouble made its tries more than one.
RESTED = "rested"
NOT_PROCESSED = "The picture could not be processed. You were not charged."


class Failure(NamedTuple):
    code: str
    error: str


NOT_UNDERSTOOD = Failure(
    GAVE_UP, "No worker of this version knows all that was asked for. You were not charged."
)


def of(error: Exception, job_id: UUID) -> Failure:
    """What it means for the job in which it was raised."""
    match error:
        case InferenceError():
            return _of_inference(error, job_id)
        case FileNotFoundError():
            return Failure(INPUT_GONE, "The upload is no longer there.")
    # The worker's boundary: whatever a library raises ends this job alone.
    logger.error("job %s failed", job_id, exc_info=error)
    if storing.is_passing(error):
        away = "The storage of pictures did not answer, however often it was asked. You were not charged."
        return Failure(STORAGE_AWAY, away)
    return Failure(NO_ROOM if storing.is_trouble(error) else "internal_error", NOT_PROCESSED)


def _of_inference(error: InferenceError, job_id: UUID) -> Failure:
    match error:
        case UnusableMask():
            return Failure(UNUSABLE_MASK, str(error))
        case UnreadableImage() | TooManyPixels():
            return Failure(UNREADABLE, str(error))
        case NothingFound() | NoForeground() | TooMuchFound():
            return Failure(NOTHING_FOUND, f"{error} You were not charged.")
        case FormatTooSmall():
            return Failure(FORMAT_TOO_SMALL, str(error))
        case WeightsMissing():
            logger.error("job %s: %s", job_id, error)
            return Failure(NO_ENGINE, "No model is installed that can do this.")
    logger.error("job %s: %s", job_id, error)
    return Failure("engine_failed", NOT_PROCESSED)
