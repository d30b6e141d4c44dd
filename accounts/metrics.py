"""What is counted about keys, limits and log-ins. No label has a value that a client can choose."""

from typing import Any

from django.contrib.auth.signals import user_login_failed
from django.dispatch import receiver
from prometheus_client import Counter

THROTTLED = Counter(
    "maskr_requests_throttled", "Requests refused for the rate limit of their key.", ["scope"]
)
KEYS_REFUSED = Counter("maskr_keys_refused", "API keys that were not accepted.", ["reason"])
for _reason in ("malformed", "unknown", "address", "too_many"):
    KEYS_REFUSED.labels(_reason)  # there from the start: a rate needs a zero to rise from
LEAKS = Counter(
    "maskr_keys_reported", "Keys that partners found in public, by what they are.", ["label"]
)
for _label in ("true_positive", "false_positive"):
    LEAKS.labels(_label)
LOGINS_FAILED = Counter("maskr_logins_failed", "Log-ins with a wrong password or address.")


@receiver(user_login_failed)
def _count_login(**_kwargs: Any) -> None:
    LOGINS_FAILED.inc()
