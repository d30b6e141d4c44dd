"""Why credits could not move."""


class BillingError(Exception):
    """Base of this package's errors."""


class InsufficientCredits(BillingError):
    """The balance does not cover the amount."""


class KeyCapReached(BillingError):
    """The monthly cap of the API key does not cover the amount."""
