"""Look-up, judgement and connection. What is dialled is the address that was judged."""

import queue
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from services.fetch.addresses import Address
from services.fetch.deadlines import Deadline
from services.fetch.errors import Refused
from services.fetch.policies import FETCHING, Policy
from services.fetch.urls import Target

_Answers = queue.SimpleQueue[list[str] | Exception]
MAX_DIALLED = 4  # addresses of one name
# A look-up cannot be interrupted: one that hangs keeps its thread until the resolver gives up.
MAX_LOOKUPS = 64
_lookups = threading.BoundedSemaphore(MAX_LOOKUPS)


@contextmanager
def connected(
    target: Target, deadline: Deadline, policy: Policy = FETCHING
) -> Iterator[socket.socket]:
    """A connection to the target, with TLS for https. Raises Refused or OSError."""
    answers = _looked_up(target, deadline) if target.address is None else [target.host]
    sock = _dialled(policy.judge(target.scheme, answers), target.port, deadline)
    try:
        if target.scheme == "https":
            sock.settimeout(deadline.left())
            sock = tls_context().wrap_socket(sock, server_hostname=target.host)
        yield sock
    finally:
        sock.close()


@cache
def tls_context() -> ssl.SSLContext:
    """Checks certificates and names. Kept: it takes longer to load than a connection to make."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _dialled(addresses: list[Address], port: int, deadline: Deadline) -> socket.socket:
    addresses = addresses[:MAX_DIALLED]
    for index, address in enumerate(addresses):
        # An even share each, so that one that does not answer leaves time for the next.
        share = deadline.left() / (len(addresses) - index)
        sock = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6)
        try:
            sock.settimeout(share)
            sock.connect((str(address), port))
            return sock
        except OSError:
            sock.close()
        except BaseException:
            sock.close()
            raise
    raise Refused("no connection")


def _looked_up(target: Target, deadline: Deadline) -> list[str]:
    """The addresses as text. Raises Refused, or what the look-up raised."""
    answers: _Answers = queue.SimpleQueue()
    if not _lookups.acquire(timeout=deadline.left()):
        raise Refused("too many look-ups at once")
    try:
        threading.Thread(target=_look_up, args=(target, answers), daemon=True).start()
    except RuntimeError:
        _lookups.release()
        raise Refused("no thread for the look-up") from None
    try:
        answer = answers.get(timeout=deadline.left())
    except queue.Empty:
        raise Refused("the look-up took too long") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _look_up(target: Target, answers: _Answers) -> None:
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        answers.put([str(sockaddr[0]) for *_, sockaddr in found])
    except Exception as error:  # UnicodeError too, and whatever a resolver comes up with
        answers.put(error)
    finally:
        _lookups.release()
