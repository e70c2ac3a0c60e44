"""An address as bind, connect and accept pass it: the bytes of `struct sockaddr_in` and `_in6`.

Sources: ip(7), ipv6(7), RFC 3493 section 3.3. The family is a number like any other and lies in
the machine's own byte order; port and address lie as they go over the network, high byte first.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

from socklab.events import Address
from socklab.i18n import _
from socklab.model.layout import HOST_ORDER, ByteOrder, Layout, Part, lay_out, number

_AF_INET = 2
_AF_INET6 = {"Linux": 10, "Windows": 23, "Darwin": 30}
_WITH_LENGTH = frozenset({"Darwin", "FreeBSD"})
"""Systems on which the structure begins with its own length, a byte, and a one-byte family."""


def sockaddr(address: Address, system: str = "Linux", order: ByteOrder = HOST_ORDER) -> Layout:
    """The structure for `address` on `system` (as platform.system() names it).

    The form of the host decides on the family: the kernel writes IPv4 for an IPv4 socket and IPv6
    for an IPv6 one. Raises ValueError for a host that is no numeric address or a port that is none.
    """
    host, port = address
    if not 0 <= port <= 0xFFFF:
        raise ValueError(port)
    parsed = ip_address(host)
    if isinstance(parsed, IPv4Address):
        head = _head("sin", "AF_INET", _AF_INET, 16, port, system, order)
        zero = ("sin_zero", 8, bytes(8), "0", _("nothing, only to fill up 16 bytes"))
        return lay_out("struct sockaddr_in", *head, _ipv4(parsed), zero)
    family = _AF_INET6.get(system, _AF_INET6["Linux"])
    return lay_out(
        "struct sockaddr_in6",
        *_head("sin6", "AF_INET6", family, 28, port, system, order),
        ("sin6_flowinfo", 4, bytes(4), "0", _("a label for routers, hardly ever used")),
        _ipv6(parsed),
        _scope(parsed, order),
    )


def swapped(port: int) -> int:
    """The port with its two bytes the other way round.

    That is what the kernel reads where a program forgot htons(3), on a machine that keeps the low
    byte first; on others htons does nothing.
    """
    return int.from_bytes(port.to_bytes(2, "little"), "big")


def _head(
    prefix: str, name: str, family: int, size: int, port: int, system: str, order: ByteOrder
) -> list[Part]:
    value = f"{name} = {family}"
    if system in _WITH_LENGTH:
        return [
            (f"{prefix}_len", 1, bytes([size]), str(size), _("the size of the structure")),
            (f"{prefix}_family", 1, bytes([family]), value, _("which kind of address follows")),
            _port(prefix, port),
        ]
    meaning = _("in this machine's own byte order")
    return [(f"{prefix}_family", 2, number(family, 2, order), value, meaning), _port(prefix, port)]


def _port(prefix: str, port: int) -> Part:
    meaning = _("network byte order: 0x{port}, the high byte first", port=f"{port:04x}")
    if port == 0:
        meaning = _("in bind it means: any free port")
    return f"{prefix}_port", 2, port.to_bytes(2, "big"), f"htons({port})", meaning


def _ipv4(address: IPv4Address) -> Part:
    meaning = _("network byte order, as it is written")
    if address.is_unspecified:
        meaning = _("INADDR_ANY: every address of this machine")
    elif address == IPv4Address("127.0.0.1"):
        meaning = _("INADDR_LOOPBACK: this machine, and only from itself")
    elif address.is_multicast:
        meaning = _("a multicast group")
    return "sin_addr", 4, address.packed, str(address), meaning


def _ipv6(address: IPv6Address) -> Part:
    meaning = _("16 bytes, as it is written")
    mapped = address.ipv4_mapped
    value = str(address).partition("%")[0]
    if mapped is not None:
        value = f"::ffff:{mapped}"
        meaning = _("an IPv4 peer of an IPv6 socket: ten zero bytes, ff ff, and its IPv4 address")
    elif address.is_unspecified:
        meaning = _("in6addr_any: every address of this machine, without v6only IPv4's too")
    elif address.is_loopback:
        meaning = _("in6addr_loopback: this machine, and only from itself")
    elif address.is_link_local:
        meaning = _("holds on one link only, which the scope names")
    elif address.is_multicast:
        meaning = _("a multicast group")
    return "sin6_addr", 16, address.packed, value, meaning


def _scope(address: IPv6Address, order: ByteOrder) -> Part:
    scope = address.scope_id
    if scope is None:
        return "sin6_scope_id", 4, bytes(4), "0", _("no interface in particular")
    meaning = _("the number of the interface, in this machine's own byte order")
    known = scope.isascii() and scope.isdecimal() and int(scope) <= 0xFFFFFFFF
    data = number(int(scope), 4, order) if known else b""
    return "sin6_scope_id", 4, data, scope, meaning
