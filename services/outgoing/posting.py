"""How webhooks go out: what addresses they may have, and the fetcher that posts them."""

from django.conf import settings

from services.fetch import Policy, UrlRefused, check, post

DEADLINE_S = 10.0
AGENT = "Maskr-Webhooks/1"
_HTTPS = 443
_FIRST_FREE_PORT = 1024


def policy() -> Policy:
    """Read from the settings each time, so that tests and reloads see what is set."""
    networks = tuple(settings.WEBHOOK_NETWORKS)
    return Policy(private_networks=networks, may_use_port=_may_use)


def refusal(url: str) -> str:
    """Why this URL cannot be an endpoint's; empty when it can."""
    try:
        check(url, policy())
    except UrlRefused as error:
        return str(error)
    return ""


def send(url: str, body: bytes, headers: dict[str, str]) -> int:
    """The status of the answer. Raises PostFailed."""
    named = {"User-Agent": AGENT, **headers}
    return post(url, body, named, policy=policy(), deadline_s=DEADLINE_S)


def _may_use(scheme: str, port: int) -> bool:
    """The ports below are other services': mail, SSH, DNS."""
    return port >= _FIRST_FREE_PORT or port == (_HTTPS if scheme == "https" else 80)
