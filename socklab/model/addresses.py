"""Addresses compared as the kernel compares them, and written as people write them."""

from __future__ import annotations

from socklab.events import Address
from socklab.model.escaping import plain

_MAPPED = "::ffff:"
_ANY = ("0.0.0.0", "::")


def address_text(address: Address) -> str:
    """`127.0.0.1:80`, and `[::1]:80` as RFC 3986 writes IPv6."""
    host, port = address
    return f"[{plain(host)}]:{port}" if ":" in host else f"{plain(host)}:{port}"


def unmapped(address: Address) -> Address:
    """The IPv4 address that an IPv4-mapped one stands for (RFC 4291, section 2.5.5.2).

    An IPv6 socket that takes IPv4 calls names both ends `::ffff:127.0.0.1`; the caller names the
    same ends `127.0.0.1`. All other addresses stay as they are.
    """
    host, port = address
    if host.startswith(_MAPPED) and "." in host:
        return host.removeprefix(_MAPPED), port
    return address


def mapped(address: Address) -> Address:
    """An IPv4 address as an IPv6 socket names it; IPv6 addresses stay as they are."""
    host, port = address
    return address if ":" in host else (_MAPPED + host, port)


def is_any(address: Address) -> bool:
    """Whether the host is the wildcard address: `0.0.0.0` or `::`."""
    return address[0] in _ANY


def overlap(one: Address, other: Address) -> bool:
    """Whether two sockets bound so are in each other's way: same port, and the same host or any.

    `0.0.0.0` is every IPv4 address, `::` every address of both families (without v6only).
    """
    if one[1] != other[1]:
        return False
    first, second = unmapped(one)[0], unmapped(other)[0]
    if first == second or "::" in (first, second):
        return True
    return (":" in first) == (":" in second) and (is_any(one) or is_any(other))


def takes(bound: Address, destination: Address) -> int:
    """How closely a socket bound to `bound` fits a segment to `destination`; 0: not at all.

    The more exact one wins, as in the kernel's lookup: the address itself (3), the wildcard of
    the address's own family (2), the IPv6 wildcard for an IPv4 address (1).
    """
    if bound[1] != destination[1]:
        return 0
    if unmapped(bound)[0] == (host := unmapped(destination)[0]):
        return 3
    if not is_any(bound):
        return 0
    if (":" in bound[0]) == (":" in host):
        return 2
    return 1 if bound[0] == "::" else 0
