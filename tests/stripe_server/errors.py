"""The errors of the API, in the shape and with the codes that Stripe gives them.

StripeError
├── Missing            404 resource_missing
├── Refused            400 invalid_request_error
│   └── ParameterMissing  parameter_missing
├── CardError          402 card_error
├── IdempotencyError   400 idempotency_error
├── KeyInUse           409
└── Unauthorized       401
"""

from typing import Any


class StripeError(Exception):
    status = 400
    kind = "invalid_request_error"

    def __init__(self, message: str, *, code: str = "", param: str = "", **more: Any) -> None:
        super().__init__(message)
        given = {"code": code, "param": param, **more}
        self.body = {
            "message": message,
            "type": self.kind,
            **{name: value for name, value in given.items() if value},
        }
        if code:
            self.body["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"


class Missing(StripeError):
    status = 404

    def __init__(self, kind: str, identifier: str, param: str = "id") -> None:
        name = kind.rpartition(".")[2].replace("_", "")
        super().__init__(f"No such {name}: '{identifier}'", code="resource_missing", param=param)


class Refused(StripeError):
    pass


class ParameterMissing(Refused):
    def __init__(self, param: str) -> None:
        super().__init__(f"Missing required param: {param}.", code="parameter_missing", param=param)


class CardError(StripeError):
    status = 402
    kind = "card_error"


class IdempotencyError(StripeError):
    kind = "idempotency_error"


class KeyInUse(StripeError):
    status = 409
    kind = "idempotency_error"


class Unauthorized(StripeError):
    status = 401
