"""Where a request comes from, whether that lies in a list of networks, and where links lead."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

_WITH_PORT = re.compile(r"\[(?P<v6>[0-9A-Fa-f:.]+)\](?::\d+)?|(?P<v4>\d+(?:\.\d+){3}):\d+")


def client_ip(request: HttpRequest) -> str:
    """The peer, or what the outermost of our TRUSTED_PROXIES saw as its peer.

    Counted from the right of X-Forwarded-For: everything further left was written by the client.
    """
    peer = str(request.META.get("REMOTE_ADDR", ""))
    proxies: int = settings.TRUSTED_PROXIES
    if not proxies:
        return peer
    hops = [_bare(hop.strip()) for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    # Fewer hops than proxies: the request came past them, so the header is the client's own.
    return hops[-proxies] if len(hops) >= proxies and hops[-proxies] else peer


def _bare(hop: str) -> str:
    """Without the port that some proxies append: with it this is no address, limits by address would count
    everybody as one, and keys for some networks would be refused to all."""
    match = _WITH_PORT.fullmatch(hop)
    return match["v6"] or match["v4"] if match else hop


def site_of(request: HttpRequest) -> str:
    """PUBLIC_URL where it is set, else what the request calls this server. Links begin with it."""
    return str(settings.PUBLIC_URL) or f"{request.scheme}://{request.get_host()}"


def is_within(ip: str, networks: Iterable[str]) -> bool:
    address = parse(ip)
    return address is not None and any(address in ip_network(network) for network in networks)


def network_of(ip: str, *, v4: int = 24, v6: int = 48) -> str:
    """The network around an address, in place of the address; empty for what is no address."""
    address = parse(ip)
    if address is None:
        return ""
    return str(ip_network((address, v4 if address.version == 4 else v6), strict=False))


def parse(ip: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(ip)
    except ValueError:
        return None
    # A dual-stack socket reports IPv4 peers as ::ffff:192.0.2.1.
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
