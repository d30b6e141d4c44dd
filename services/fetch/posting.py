"""Posts to an address that a customer gave, under the same rules as fetching from one.

No redirect is followed and the answer's body does not matter. Unlike a fetch, the owner of the address
is told why it failed: in fixed words, and only after the address was judged.
"""

import http.client
import ssl

from services.fetch.deadlines import Deadline
from services.fetch.dialing import connected
from services.fetch.errors import PostFailed, Refused, UrlRefused
from services.fetch.policies import Policy
from services.fetch.replies import tell
from services.fetch.urls import Target, parse

_PARTING_S = 1.0


def check(url: str, policy: Policy) -> None:
    """Raises UrlRefused for what could never be posted to; a name is looked up only later."""
    try:
        target = parse(url, policy)
        if target.address is not None:
            policy.judge(target.scheme, [target.host])
        elif target.scheme == "http" and not policy.private_networks:
            raise Refused("http instead of https")
    except Refused as error:
        raise UrlRefused(str(error)) from None


def post(
    url: str, body: bytes, headers: dict[str, str], *, policy: Policy, deadline_s: float
) -> int:
    """The status that was answered, whichever. Raises PostFailed."""
    try:
        return _status(parse(url, policy), body, headers, policy, Deadline.after(deadline_s))
    except Refused as error:
        reason = str(error)
    except TimeoutError:
        reason = "it took too long"
    except ssl.SSLCertVerificationError:
        reason = "the certificate is not valid for this name"
    except ssl.SSLError:
        reason = "no TLS connection"
    except http.client.HTTPException:
        reason = "the answer is not HTTP"
    except (OSError, UnicodeError):  # of the look-up, too
        reason = "no connection"
    raise PostFailed(reason)


def _status(
    target: Target, body: bytes, headers: dict[str, str], policy: Policy, deadline: Deadline
) -> int:
    with connected(target, deadline, policy) as sock:
        reply = tell(sock, target, headers, body, deadline)
        reply.drop_body(Deadline.after(min(_PARTING_S, deadline.left())))
        return reply.status
