"""Whose an address is: which of several network stacks gets what is sent to it."""

from __future__ import annotations

from ipaddress import ip_address
from typing import NamedTuple

from socklab.events import Address
from socklab.model.addresses import unmapped


class Stack(NamedTuple):
    """A host's network stack: its name, "" where that isn't known, and the addresses that only it
    has, of a private host. This machine's aren't told."""

    name: str = ""
    addresses: tuple[str, ...] = ()

    def reaches(self, other: Stack, address: Address) -> bool:
        """Whether what a program here sends to `address` can come to a socket of `other`.

        Loopback and the wildcard are each stack's own (RFC 1122, section 3.2.1.3).
        """
        host = unmapped(address)[0]
        if not other.addresses or is_local(host):
            return self.name == other.name or not (self.name and other.name)
        return host in other.addresses


def is_local(host: str) -> bool:
    """Whether an address means the sender's own host: 127.0.0.0/8, ::1, or the wildcard, which
    connect(2) takes for loopback."""
    try:
        number = ip_address(host)
    except ValueError:
        return False
    return number.is_loopback or number.is_unspecified
