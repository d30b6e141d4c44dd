"""Why credits could not move, or money not be taken.

BillingError
├── InsufficientCredits
├── MovedAlready            the same form, sent before
├── KeyCapReached
├── Disagreement            what Stripe told contradicts what we sold
└── PaymentError
    ├── PaymentsNotConfigured
    ├── CardDeclined        the customer's to mend
    ├── RefundedElsewhere   by another of the staff, or by the same form sent before
    └── PaymentsUnavailable nobody knows whether it happened: ask again with the same key
"""


class BillingError(Exception):
    """Base of this package's errors."""


class InsufficientCredits(BillingError):
    """The balance does not cover the amount."""


class MovedAlready(BillingError):
    """By the same form of the staff's, sent before; says what it did then. Nothing moved now."""


class KeyCapReached(BillingError):
    """The monthly cap of the API key does not cover the amount."""


class Disagreement(BillingError):
    """An event contradicts our own tables; nothing is granted before a person has looked."""


class PaymentError(BillingError):
    """Stripe could not do, or would not do, what was asked."""


class PaymentsNotConfigured(PaymentError):
    """STRIPE_SECRET_KEY is not set."""


class CardDeclined(PaymentError):
    """The saved card was not charged: declined, missing, or its bank wants its owner present."""


class RefundedElsewhere(PaymentError):
    """What is left to refund is not what the page told, or is just changing."""


class PaymentsUnavailable(PaymentError):
    """No answer, or one that says to try again later."""
