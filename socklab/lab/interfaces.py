"""Network interfaces by number, for the options that take one."""

from __future__ import annotations

import socket
from ipaddress import IPv6Address
from pathlib import Path

from socklab.i18n import _
from socklab.lab.refusal import Refusal

_ADDRESSES = Path("/proc/net/if_inet6")
_MOST_INDEX = 2**31 - 1


def index_of(interface: str, addresses: Path = _ADDRESSES) -> int:
    """The number of an interface that is given by its number, its name or an IPv6 address of it.

    `addresses` is the kernel's table of IPv6 addresses (packed hex, then the interface's number in
    hex). Raises Refusal where there is no such interface.
    """
    name = interface.rpartition("%")[2]
    if name.isascii() and name.isdecimal() and len(name) <= 10 and int(name) <= _MOST_INDEX:
        return int(name)
    try:
        return _index_of_address(IPv6Address(name), addresses)
    except ValueError:
        pass
    try:
        return socket.if_nametoindex(name)
    except (OSError, ValueError):
        raise Refusal(_("no interface {interface}", interface=interface)) from None


def _index_of_address(address: IPv6Address, addresses: Path) -> int:
    """Raises ValueError for an address that no interface has."""
    try:
        table = addresses.read_text("ascii")
    except OSError:
        table = ""
    for fields in map(str.split, table.splitlines()):
        if fields and bytes.fromhex(fields[0]) == address.packed:
            return int(fields[1], 16)
    raise ValueError(address)
