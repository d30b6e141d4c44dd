"""What one kind of request may reach: pictures that are fetched, or webhooks that are posted."""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from services.fetch.addresses import Address, judged, parsed
from services.fetch.errors import Refused

Network = IPv4Network | IPv6Network
FETCH_PORTS = frozenset({80, 443, 8080, 8443})


def _usual_port(_scheme: str, port: int) -> bool:
    return port in FETCH_PORTS


@dataclass(frozen=True)
class Policy:
    """Public addresses only, but for networks that the operator trusts with such requests.

    Where there are such networks, http is for them alone, and names of the local network may be asked.
    """

    may_use_port: Callable[[str, int], bool] = _usual_port
    private_networks: tuple[Network, ...] = ()
    plain_http: bool = False

    def judge(self, scheme: str, answers: list[str]) -> list[Address]:
        """The addresses to dial, of one look-up. Raises Refused."""
        if self.private_networks:
            addresses = parsed(answers)
            if all(self._is_trusted(address) for address in addresses):
                return addresses
        if scheme == "http" and not self.plain_http:
            raise Refused("http instead of https")
        return judged(answers)

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self.private_networks)


FETCHING = Policy(plain_http=True)
