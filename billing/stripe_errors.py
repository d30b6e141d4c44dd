"""Stripe's errors in our terms."""

from collections.abc import Iterator
from contextlib import contextmanager

import stripe

from billing.errors import CardDeclined, PaymentError, PaymentsUnavailable


@contextmanager
def forgiving_what_is_missing() -> Iterator[None]:
    """What Stripe does not know, or no longer, needs no end."""
    try:
        yield
    except stripe.StripeError as error:
        if error.code != "resource_missing":
            raise


class translated:
    """Stripe's errors as ours: which of them are the customer's, and which are nobody's knowledge."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        match error:
            case stripe.CardError():
                raise CardDeclined(error.user_message or "The card was declined.") from error
            case stripe.APIConnectionError() | stripe.RateLimitError():
                raise PaymentsUnavailable(str(error)) from error
            case stripe.StripeError() if (error.http_status or 500) >= 500:
                raise PaymentsUnavailable(str(error)) from error
            case stripe.StripeError():
                raise PaymentError(str(error)) from error
