"""The filter that lets only one connection's frames through, as one could type it."""

from __future__ import annotations

from socklab.events import Address
from socklab.model.addresses import unmapped
from socklab.model.frames import Outline
from socklab.model.sockets import SocketTable


def filter_of(look: Outline) -> str:
    """Of the conversation that a frame belongs to; "" for what is of none."""
    if look.about is not None:
        look = look.about
    if look.kind in ("tcp", "udp"):
        return _between(look.kind, look.source, look.destination)
    if look.kind in ("arp", "icmp", "icmpv6"):
        return look.kind
    return ""


def filter_of_sock(table: SocketTable, sock: int) -> str:
    """Of a socket's connection, as far as its addresses are known."""
    row = table.sockets.get(sock)
    if row is None or row.local is None or row.kind not in ("tcp", "udp"):
        return ""
    if row.remote is None:
        return f"{row.kind} port {row.local[1]}"
    return _between(row.kind, unmapped(row.local), unmapped(row.remote))


def _between(kind: str, one: Address, other: Address) -> str:
    ports = f"{kind} port {one[1]} and {kind} port {other[1]}"
    return f"{ports} and host {one[0]} and host {other[0]}"
