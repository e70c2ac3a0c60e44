"""This machine: the host whose sockets are made in the lab's own process."""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
from pathlib import Path

from socklab.network import interfaces

_SIOCGIFADDR = 0x8915


class ThisMachine:
    """The stack that the lab itself runs in."""

    name = "this machine"
    addresses: tuple[str, ...] = ()
    net = Path("/proc/net")

    def socket(self, family: socket.AddressFamily, kind: socket.SocketKind) -> socket.socket:
        """A new blocking socket, by one socket(2). Raises OSError."""
        return socket.socket(family, kind)

    def interface_index(self, interface: str) -> int:
        """The number of an interface. See `Host`."""
        return interfaces.index_of(interface)


def free_port(first: int = 8080, *, reusing: bool = True) -> int:
    """The first TCP port from `first` on that no socket of this machine holds; `first` if none.

    `reusing`: for a server that sets SO_REUSEADDR, to which a port is free although connections
    of the last server's are still in TIME_WAIT.
    """
    for port in range(first, 65536):
        with socket.socket() as probe:
            if reusing and sys.platform != "win32":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("", port))
                probe.listen(1)
                return port
    return first


def own_addresses() -> list[str]:
    """The IPv4 addresses at which others can call this machine; loopback's if it has no other."""
    found = _interface_addresses() if sys.platform == "linux" else _named_addresses()
    outside = [address for address in found if not address.startswith("127.")]
    return outside or ["127.0.0.1"]


def _interface_addresses() -> list[str]:
    import fcntl

    addresses = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _index, name in socket.if_nameindex():
            request = struct.pack("256s", name.encode()[:15])
            with contextlib.suppress(OSError):  # an interface without an IPv4 address
                answer = fcntl.ioctl(probe.fileno(), _SIOCGIFADDR, request)
                addresses.append(socket.inet_ntoa(answer[20:24]))
    return addresses


def _named_addresses() -> list[str]:
    with contextlib.suppress(OSError):
        return socket.gethostbyname_ex(socket.gethostname())[2]
    return []
