"""What can go wrong with a request, by cause. Dialects choose the shape, this tree the meaning.

ApiError
├── BadRequest            400  the request as a whole makes no sense
├── BadField              422  one field or query parameter; carries where and what kind
├── BadInput              422  the same found by the core, which knows no places; dialects add them
├── BadOption             400  an option of a raw-bytes API has a value it cannot have
│   └── RoiOutside, RoiEmpty  400  a region of interest that this picture does not have
├── MissingSource         400  no picture came; MultipleSources: more than one did
├── BadSource             400  what came as base64 or as an address is none
├── NotFetched            400  the picture behind an address could not be had
├── BadImage              400  the bytes are no complete picture
│   ├── BadImageType      400  they are a picture of a type that is not accepted
│   └── TooManyPixels     400  they are one that is too large
├── NoForeground          400  nothing in the picture stands out
├── NotAcceptable         406  the Accept header allows nothing that there is
├── NotFound              404
├── InsufficientCredits   402
├── UploadTooSlow         408
├── FileTooLarge          413
├── CodedBody             415  the body is compressed, which nothing here undoes
├── IdempotencyConflict   409  the first request with this key is still running
├── IdempotencyMismatch   422  the key belongs to another request
├── Unavailable           503  nothing was charged; try again
│   └── NoEngine          503  weights are missing
├── ResultAway            503  finished and charged for, but storage does not give it now
├── LinkInvalid           403  ├── LinkExpired 403  └── Purged 410
"""

from collections.abc import Sequence
from uuid import UUID


class ApiError(Exception):
    """Base. `message` is a sentence for the caller; `code` is stable and for machines."""

    status = 500
    code = "internal_error"
    message = "Something went wrong on our side. You were not charged."

    def __init__(self, message: str | None = None, *, retry_after_s: int | None = None) -> None:
        self.message = message or self.message
        self.retry_after_s = retry_after_s
        super().__init__(self.message)


class BadRequest(ApiError):
    status = 400
    code = "bad_request"
    message = "The request cannot be understood."


class BadField(ApiError):
    """One field is wrong. `loc` is ("body" | "query" | "header", name), `kind` as in contract v1."""

    status = 422
    code = "invalid_field"

    def __init__(self, loc: Sequence[str], message: str, kind: str) -> None:
        super().__init__(message)
        self.loc = tuple(loc)
        self.kind = f"value_error.{kind}"


class BadInput(ApiError):
    """A part of an order is wrong. `part` is image, mask, points, labels, box or output_format."""

    status = 422
    code = "invalid_input"

    def __init__(self, part: str, message: str, kind: str) -> None:
        super().__init__(message)
        self.part = part
        self.kind = kind


class BadOption(ApiError):
    """`field` is the name the dialect gives the option."""

    status = 400
    code = "invalid_option"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"Invalid {field}: {message}.")
        self.field = field


class RoiOutside(BadOption):
    code = "roi_exceeds_bounds"


class RoiEmpty(BadOption):
    code = "roi_region_empty"


class MultipleBackgrounds(BadRequest):
    code = "multiple_bg_sources"
    message = "More than one background given."


class MissingSource(BadRequest):
    """`came_as_text`: the field is there, and is no file."""

    code = "missing_source"
    message = "No image given."

    def __init__(self, message: str | None = None, *, came_as_text: bool = False) -> None:
        super().__init__(message)
        self.came_as_text = came_as_text


class MultipleSources(BadRequest):
    code = "multiple_sources"
    message = "More than one image given."


class BadSource(BadRequest):
    code = "invalid_source"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"Invalid {field}: {message}.")
        self.field = field


class NotFetched(BadSource):
    """One text for every reason: the address must not become a way to look around from here."""

    code = "image_fetch_failed"

    def __init__(self, field: str) -> None:
        super().__init__(field, "no image could be fetched from this address")


class BadImage(BadRequest):
    code = "invalid_image"
    message = "The image cannot be read."


class BadImageType(BadImage):
    code = "invalid_image_type"


class TooManyPixels(BadImage):
    code = "too_many_pixels"


class NoForeground(BadRequest):
    code = "unknown_foreground"
    message = "Could not identify foreground in image."


class NotAcceptable(ApiError):
    status = 406
    code = "not_acceptable"


class NotFound(ApiError):
    status = 404
    code = "not_found"
    message = "Not found."


class InsufficientCredits(ApiError):
    status = 402
    code = "insufficient_credits"
    message = "Insufficient credits"


class FileTooLarge(ApiError):
    status = 413
    code = "file_too_large"

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"The file is larger than the limit of {limit_bytes / 2**20:g} MB.")


class CodedBody(ApiError):
    status = 415
    code = "unsupported_content_coding"
    message = "Compressed bodies are not accepted: send it without Content-Encoding."


class UploadTooSlow(ApiError):
    """Also what is answered to a client that hung up, which does not see it."""

    status = 408
    code = "upload_too_slow"
    message = "The request did not arrive in time. You were not charged."


class IdempotencyConflict(ApiError):
    status = 409
    code = "idempotency_conflict"
    message = "The first request with this Idempotency-Key is still running."


class IdempotencyMismatch(ApiError):
    status = 422
    code = "idempotency_mismatch"
    message = "This Idempotency-Key was used with another request."


class Unavailable(ApiError):
    status = 503
    code = "unavailable"
    message = "The service is busy. You were not charged; please try again."

    def __init__(self, message: str | None = None, *, retry_after_s: int = 5) -> None:
        super().__init__(message, retry_after_s=retry_after_s)


class NoEngine(Unavailable):
    code = "no_engine"
    message = (
        "No model is installed that can do this. You were not charged; "
        "the operator installs models with: manage.py models pull"
    )


class ResultAway(ApiError):
    """Not Unavailable: this was charged for, and an Idempotency-Key stays with its job."""

    status = 503
    code = "unavailable"
    message = "The picture is finished and charged for as usual, but cannot be read at the moment."

    def __init__(self, job_id: UUID) -> None:
        where = f"GET /v1/jobs/{job_id} has it, and so has this request with its Idempotency-Key"
        super().__init__(f"{self.message} {where}, without a new charge.", retry_after_s=5)


class LinkInvalid(ApiError):
    status = 403
    code = "link_invalid"
    message = "The signature of this link is not valid."


class LinkExpired(ApiError):
    status = 403
    code = "link_expired"
    message = "This link has expired. Look the job up for a new one."


class Purged(ApiError):
    status = 410
    code = "purged"
    message = "This result was deleted after its retention time."
