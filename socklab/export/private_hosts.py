"""The addresses of a session's private hosts, which nobody else has: exported programs run on this
machine, and its own stand for them, so that nothing is ever sent to a stranger of the same address.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from msgspec.structs import replace

from socklab.events import Address, Arg, Call, Program

_PREFIXES = {4: 24, 6: 64}
_WITH_INTERFACES = frozenset({"IP_MULTICAST_IF", "IP_ADD_MEMBERSHIP", "IP_DROP_MEMBERSHIP"})
_IPV4_LOOPBACK = ip_address("127.0.0.0")
_IPV4_BROADCAST = "127.255.255.255"
_IPV6_LOOPBACK = "::1"


@dataclass(slots=True)
class PrivateHosts:
    """A fold over the programs: the networks of their hosts."""

    networks: set[IPv4Network | IPv6Network] = field(default_factory=set)

    def take(self, program: Program) -> None:
        for text in program.addresses:
            prefix = _PREFIXES[ip_address(text).version]
            self.networks.add(ip_network(f"{text}/{prefix}", strict=False))

    def here(self, address: Address) -> Address:
        """The address that stands for this one on this machine; itself for one that is no private
        host's. 10.0.0.2 becomes 127.0.0.2, and every IPv6 address `::1`."""
        return self._host(address[0]), address[1]

    def with_interface(self, call: Call) -> Call:
        """The call, where it names an interface by an address (setsockopt(2)), with that here."""
        if not self.networks or call.name != "setsockopt" or call.args[1] not in _WITH_INTERFACES:
            return call
        *names, value = call.args
        words: Arg = " ".join(self._host(word) for word in str(value).split(" "))
        return replace(call, args=(*names, words))

    def _host(self, text: str) -> str:
        try:
            address = ip_address(text.partition("%")[0])
        except ValueError:
            return text
        if not any(address in network for network in self.networks):
            return text
        if address.version == 6:
            return _IPV6_LOOPBACK
        last = int(address) & 0xFF
        return _IPV4_BROADCAST if last == 0xFF else str(_IPV4_LOOPBACK + last)
