"""What can go wrong with a request, by cause. Dialects choose the shape, this tree the meaning.

ApiError
├── BadRequest            400  the request as a whole makes no sense
├── BadField              422  one field or query parameter; carries where and what kind
├── BadInput              422  the same found by the core, which knows no places; dialects add them
├── NotFound              404
├── InsufficientCredits   402
├── FileTooLarge          413
├── IdempotencyConflict   409  the first request with this key is still running
├── IdempotencyMismatch   422  the key belongs to another request
├── Unavailable           503  nothing was charged; try again
│   └── NoEngine          503  weights are missing
├── LinkInvalid           403  ├── LinkExpired 403  └── Purged 410
"""

from collections.abc import Sequence


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
