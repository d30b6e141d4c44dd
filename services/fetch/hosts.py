"""Which host a URL may name: an address spelled in the one usual way, or a public DNS name."""

import re
import unicodedata
from ipaddress import AddressValueError, IPv4Address, IPv6Address

import idna

from services.fetch.addresses import Address
from services.fetch.errors import Refused

_QUAD = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
# The last label has no digits, so that no resolver takes the name for a number (0x7f.1, 127.1).
_NAME = re.compile(rf"(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{0,58}}[a-z0-9])")
# Beside them, of one label or many: a machine or a container next to ours.
_LOCAL_NAME = re.compile(rf"(?:{_LABEL}\.)*[a-z](?:[a-z0-9_-]{{0,61}}[a-z0-9])?")
_MAX_NAME = 253
# What these names mean depends on the network that asks; their answers would be judged anyway.
_PRIVATE_NAMES = (
    "localhost",
    "local",
    "localdomain",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "arpa",
    "svc",
    "consul",
    "onion",
    "metadata.goog",
    "metadata.tencentyun.com",
    "metadata.packet.net",
    "metadata.platformequinix.com",
)


def parse_host(text: str, *, allows_local: bool = False) -> tuple[str, Address | None]:
    """The host as it is looked up and sent, in ASCII, and its address if it is one.

    `text` is what stands between `://` and the port, IPv6 addresses in brackets. Names of the local
    network are for those who may reach it. Raises Refused.
    """
    try:
        if text.startswith("["):
            # No zones: the caller lets only digits, colons and dots into the brackets.
            address = IPv6Address(text[1:-1])
            return str(address), address
        if _QUAD.fullmatch(text):
            quad = IPv4Address(text)  # refuses leading zeros, which some read as octal
            return str(quad), quad
    except AddressValueError:
        raise Refused("the host is no well-formed address") from None
    name = _in_ascii(text)
    if allows_local and _LOCAL_NAME.fullmatch(name) and len(name) <= _MAX_NAME:
        return name, None
    return _public_name(name), None


def _in_ascii(name: str) -> str:
    if name.isascii():
        return name.lower()
    if len(name) > _MAX_NAME:
        raise Refused("the host name is too long")
    # Digits of all scripts: some resolvers would read an address, and no such name exists.
    if any(character.isdigit() for character in name.rpartition(".")[2]):
        raise Refused("the host name ends with a number")
    try:
        # Without the mappings of UTS 46: full-width digits and dots of other scripts are refused.
        normal = unicodedata.normalize("NFC", name.lower())
        return idna.encode(normal, strict=True, std3_rules=True).decode("ascii")
    except UnicodeError:
        raise Refused("the host is no well-formed international name") from None


def _public_name(name: str) -> str:
    if len(name) > _MAX_NAME or not _NAME.fullmatch(name):
        raise Refused("the host is no well-formed name")
    if f".{name}".endswith(tuple(f".{private}" for private in _PRIVATE_NAMES)):
        raise Refused("the host name is not a public one")
    return name
