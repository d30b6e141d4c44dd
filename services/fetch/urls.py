"""Which URL may be asked. Whatever two parsers could read in two ways is refused.

Allowed: http and https, the ports of the policy (80, 443, 8080 and 8443 for pictures), at most 2083
characters, no user name, no white space, control character or backslash anywhere. Characters of other scripts are welcome in
names (as IDN) and in paths (sent percent-encoded, like browsers do).
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from services.fetch.addresses import Address
from services.fetch.errors import Refused
from services.fetch.hosts import parse_host
from services.fetch.policies import FETCHING, Policy

MAX_LENGTH = 2083
"""What Picsart documents, of all vendors the most."""
_DEFAULTS = {"http": 80, "https": 443}
_SHAPE = re.compile(r"(?i:(?P<scheme>https?))://(?P<authority>[^/?#]+)(?P<rest>[^#]*)(?:#.*)?")
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:@\[\]]+)(?::(?P<port>[0-9]+))?")
_PORT = re.compile(r"[1-9][0-9]{1,4}")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_NOT_IN_URLS = frozenset('\\"<>')
# Sent as they are; what is left is percent-encoded.
_SAFE = "/?:@!$&'()*+,;=-._~%[]"


@dataclass(frozen=True)
class Target:
    """A URL that may be asked, if its host's addresses may be dialled."""

    scheme: str
    host: str  # in ASCII, without brackets
    address: Address | None  # the host, if it is one
    port: int
    path: str  # and query

    @property
    def authority(self) -> str:
        """As in the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """The part that may be logged."""
        return f"{self.scheme}://{self.authority}"


def is_http(url: str) -> bool:
    """Whether it looks like an http or https URL with a host; `parse` is far stricter."""
    return _SHAPE.fullmatch(url) is not None


def parse(url: str, policy: Policy = FETCHING) -> Target:
    """Raises Refused."""
    if len(url) > MAX_LENGTH:
        raise Refused("the URL is too long")
    # Not printable are all controls, separators, invisible and unassigned characters.
    if not url.isprintable() or " " in url or _NOT_IN_URLS.intersection(url):
        raise Refused("a character that no URL has")
    shape = _SHAPE.fullmatch(url)
    if shape is None:
        raise Refused("not an http or https URL with a host")
    scheme, authority, rest = shape["scheme"].lower(), shape["authority"], shape["rest"]
    _require_one_reading(url, scheme, authority)
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        raise Refused("the host and port are malformed")
    host, address = parse_host(match["host"], allows_local=bool(policy.private_networks))
    path = quote(rest if rest.startswith("/") else f"/{rest}", safe=_SAFE)
    if len(path) > MAX_LENGTH:
        raise Refused("the URL is too long")
    return Target(scheme, host, address, _port(scheme, match["port"], policy), path)


def redirected(target: Target, location: str) -> Target:
    """Where a `Location` leads, judged from the start. Raises Refused.

    From https it must not lead to http: anybody on the way could exchange the picture.
    """
    try:
        # Headers arrive as Latin-1; servers that do not escape a path send UTF-8.
        location = location.encode("latin-1").decode()
        after = parse(_absolute(target, location))
    except ValueError:
        raise Refused("a redirect to something that is no URL") from None
    if target.scheme == "https" and after.scheme == "http":
        raise Refused("a redirect from https to http")
    return after


def _absolute(target: Target, location: str) -> str:
    """Raises Refused or ValueError. Nothing that urljoin repairs in its own way reaches it."""
    if _ABSOLUTE.match(location):
        return location
    if not location or not location.isprintable() or location.startswith(("///", " ")):
        raise Refused("a redirect to something that is no URL")
    return urljoin(target.origin + target.path, location)


def _require_one_reading(url: str, scheme: str, authority: str) -> None:
    """Raises Refused for what others could take for another host."""
    if "@" in url.split("/", 3)[2]:  # also behind ? and #: some parsers look for the last @ there
        raise Refused("a user name")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Refused("parsers do not agree about the host") from None
    if (parts.scheme, parts.netloc) != (scheme, authority):
        raise Refused("parsers do not agree about the host")


def _port(scheme: str, text: str | None, policy: Policy) -> int:
    if text is None:
        return _DEFAULTS[scheme]
    # In its usual spelling only: not 0080.
    port = int(text) if _PORT.fullmatch(text) else 0
    if not 0 < port < 65536 or not policy.may_use_port(scheme, port):
        raise Refused("a port that is not allowed")
    return port
