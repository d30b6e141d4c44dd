"""Which IP addresses may be dialled: the plainly public ones.

`ipaddress.is_global` differs between Python versions and misses metadata services, so the ranges
are listed here; it is asked as well, for what a later version knows and this list does not.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from services.fetch.errors import Refused

Address = IPv4Address | IPv6Address

_REFUSED_V4 = [
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared; 100.100.100.200 is the metadata service of Alibaba
        "127.0.0.0/8",
        "168.63.129.16/32",  # metadata and DNS of Azure, an address that looks public
        "169.254.0.0/16",  # link-local; 169.254.169.254 is the metadata service of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments; 192.0.0.192 is the metadata service of Oracle
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112, answers for private reverse names
        "192.52.193.0/24",  # multicast tunnels
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
]
# Everything else is local, multicast, reserved or a wrapper around IPv4 (::/96, ::ffff:0:0/96,
# ::ffff:0:0:0/96, 64:ff9b::/96, 64:ff9b:1::/48).
_PUBLIC_V6 = IPv6Network("2000::/3")
_REFUSED_V6 = [
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, anycast, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",  # AS112
        "3ffe::/16",  # the former 6bone
        "3fff::/20",  # documentation
    )
]
# An ISATAP address may have any prefix; only the upper half of its interface identifier tells.
_ISATAP = 0x0000_5EFE
_WITHOUT_FLAGS = 0xFCFF_FFFF  # less the bits "universal" and "group"


def may_be_dialled(address: Address) -> bool:
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _REFUSED_V4)
    if address.scope_id is not None or address not in _PUBLIC_V6:
        return False
    if (int(address) >> 32) & _WITHOUT_FLAGS == _ISATAP:
        return False
    return not any(address in network for network in _REFUSED_V6)


def judged(answers: list[str]) -> list[Address]:
    """The answers of one look-up, each once, in order.

    Raises Refused if there are none or any of them may not be dialled: a name with a public and a
    private address is somebody trying.
    """
    addresses = parsed(answers)
    if not all(may_be_dialled(address) for address in addresses):
        raise Refused("not a public address")
    return addresses


def parsed(answers: list[str]) -> list[Address]:
    """Each of them once, in order, and not judged. Raises Refused for none."""
    try:
        addresses = [ip_address(answer) for answer in dict.fromkeys(answers)]
    except ValueError:
        raise Refused("the look-up answered something that is no address") from None
    if not addresses:
        raise Refused("the look-up answered nothing")
    return addresses
