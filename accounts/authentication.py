"""From any vendor's key header to (user, ApiKey), and what that key may be used for."""

from typing import Any, NoReturn

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied, Throttled
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from structlog.contextvars import bind_contextvars

from accounts import keys, metrics, rates
from accounts.addresses import client_ip, is_within, network_of
from accounts.models import ApiKey, User

FAILURES_PER_MINUTE = 20
_SCHEMES = {"bearer", "token", "api-key"}
_HEADERS = ("X-Api-Key", "Api-Key", "X-Picsart-Api-Key")

#: The founding documents' sentence for every key that is not accepted, and for none.
INVALID_KEY = "Missing or invalid API key. Check your Authorization header."


def key_from_headers(request: HttpRequest | Request) -> str | None:
    """The key as sent, whatever it is worth; None when no header holds one."""
    # Other schemes are passed over: a proxy's Basic login may stand beside an x-api-key.
    if key := _behind_scheme(request.headers.get("Authorization", "")):
        return key
    sent = (request.headers.get(name, "").strip() for name in _HEADERS)
    found = next(filter(None, sent), None)
    # Picsart's plugin for Sketch sends "Bearer" in the vendor's own header, too.
    return found and (_behind_scheme(found) or found)


def _behind_scheme(value: str) -> str:
    """Nothing where the value does not begin with a scheme that keys have."""
    scheme, _, credentials = value.strip().partition(" ")
    return credentials.strip() if scheme.lower() in _SCHEMES else ""


class AccountSuspended(PermissionDenied):
    """The key is right and its owner known: a 401 would send them looking for another key."""

    default_detail = "This account is suspended. Contact support to have it opened again."
    default_code = "account_suspended"


class ApiKeyAuthentication(BaseAuthentication):
    """Leaves the owner in request.user and the ApiKey in request.auth."""

    def plaintext(self, request: Request) -> str | None:
        """Where the key is read from. A legacy path may add other places in a subclass."""
        return key_from_headers(request)

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        text = self.plaintext(request)
        if text is None:
            return None
        ip = client_ip(request._request)
        key = keys.find(text)
        if key is None:
            _refuse(text, ip)
        if not key.user.is_active:
            raise AccountSuspended
        if key.allowed_ips and not is_within(ip, key.allowed_ips):
            metrics.KEYS_REFUSED.labels("address").inc()
            raise PermissionDenied(f"This key may not be used from the address {ip}.")
        keys.touch(key, ip)
        bind_contextvars(account_id=key.user_id, key=key.fingerprint)
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        # Without it the framework turns every 401 into a 403.
        return 'Bearer realm="maskr"'


class HasScope(BasePermission):
    """Whether the key covers the view's `required_scope`; sessions of a person cover everything.

    Views without one are open to every key of the owner.
    """

    message = ""

    def has_permission(self, request: Request, view: Any) -> bool:
        scope: str | None = getattr(view, "required_scope", None)
        if scope is None or not isinstance(request.auth, ApiKey) or request.auth.has_scope(scope):
            return True
        self.message = f"This key does not have the scope {scope}."
        return False


def _refuse(text: str, ip: str) -> NoReturn:
    """Raises the same for every key that does not work, so that nobody learns why.

    Keys of the right form are counted by network, and too many answered 429. Only these failing
    requests are: a valid key from the same address passes, or a stranger could lock it out.
    Malformed ones cost no query and cannot be guesses, so they are not worth counting.
    """
    is_well_formed = keys.is_well_formed(text)
    metrics.KEYS_REFUSED.labels("unknown" if is_well_formed else "malformed").inc()
    if is_well_formed:
        state = rates.hit(FAILURES_PER_MINUTE, "failed-keys", network_of(ip, v6=64))
        if state and not state.is_allowed:
            metrics.KEYS_REFUSED.labels("too_many").inc()
            raise Throttled(wait=state.reset_s)
    raise AuthenticationFailed(INVALID_KEY)
