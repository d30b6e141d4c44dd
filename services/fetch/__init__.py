"""Fetches the image behind an address that a customer gave, or posts a webhook there.

The address is hostile until shown otherwise: it may name a machine behind our firewall, in any
spelling, by a DNS name or by a redirect, and the server behind it may answer slowly, endlessly or
nonsense. See urls.py for what may be asked, addresses.py for what may be dialled, replies.py for
what may be answered. Environment proxies are ignored: a proxy would look the name up again.
"""

import logging

from services.fetch.deadlines import Deadline
from services.fetch.dialing import connected
from services.fetch.errors import FetchFailed, PostFailed, Refused, UrlRefused
from services.fetch.policies import Policy
from services.fetch.posting import check, post
from services.fetch.replies import ask
from services.fetch.urls import Target, is_http, parse, redirected

__all__ = [
    "MAX_REDIRECTS",
    "FetchFailed",
    "Policy",
    "PostFailed",
    "UrlRefused",
    "check",
    "fetch",
    "is_http",
    "post",
]

MAX_REDIRECTS = 3
logger = logging.getLogger(__name__)


def fetch(url: str, *, max_bytes: int, deadline_s: float = 10.0) -> bytes:
    """The body behind the URL, of at most `max_bytes`, within `deadline_s` redirects and all.

    Raises FetchFailed, with the same text for every reason. The log has the reason and the hosts,
    never a user name or a query.
    """
    asked: list[Target] = []
    try:
        return _followed(url, asked, max_bytes, Deadline.after(deadline_s))
    except Refused as error:
        reason = str(error)
    except Exception as error:  # of the network, TLS or HTTP; their texts may quote the server
        reason = type(error).__name__
    hosts = " -> ".join(target.origin for target in asked) or "an address that was not asked"
    logger.info("no image fetched from %s: %s", hosts, reason)
    raise FetchFailed


def _followed(url: str, asked: list[Target], max_bytes: int, deadline: Deadline) -> bytes:
    target = parse(url)
    for _ in range(1 + MAX_REDIRECTS):
        asked.append(target)
        with connected(target, deadline) as sock:
            reply = ask(sock, target, deadline)
            if not reply.is_redirect:
                return reply.body(max_bytes)
            target = redirected(target, reply.location)
    raise Refused("too many redirects")
