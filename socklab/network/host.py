"""A host: a network stack in which programs run."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Protocol


class Host(Protocol):
    """Where a program's sockets live. The engine asks it for sockets and for nothing else."""

    @property
    def name(self) -> str: ...

    @property
    def addresses(self) -> tuple[str, ...]:
        """Those of a private host, which no other has; none for this machine, where they change."""
        ...

    @property
    def net(self) -> Path:
        """The folder of the kernel's tables for this stack (proc(5): /proc/net)."""
        ...

    def socket(self, family: socket.AddressFamily, kind: socket.SocketKind) -> socket.socket:
        """A new blocking socket in this stack, by one socket(2). Raises OSError."""
        ...

    def interface_index(self, interface: str) -> int:
        """The number that one of this stack's interfaces has, given by that number, its name or an
        IPv6 address of it. Raises OSError, ENODEV where there is none."""
        ...
