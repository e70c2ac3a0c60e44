"""The network interfaces of the stack that this process is in, by number."""

from __future__ import annotations

import errno
import os
import socket
from ipaddress import IPv6Address
from pathlib import Path

_ADDRESSES = Path("/proc/net/if_inet6")
_MOST_INDEX = 2**31 - 1


def index_of(interface: str, addresses: Path = _ADDRESSES) -> int:
    """The number of an interface that is given by its number, its name or an IPv6 address of it.

    A number is taken as it is. `addresses` is the kernel's table of IPv6 addresses (packed hex,
    then the interface's number in hex). Raises OSError, ENODEV where there is no such interface.
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
        raise OSError(errno.ENODEV, os.strerror(errno.ENODEV)) from None


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
