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
    def net(self) -> Path:
        """The folder of the kernel's tables for this stack (proc(5): /proc/net)."""
        ...

    def socket(self, family: socket.AddressFamily, kind: socket.SocketKind) -> socket.socket:
        """A new blocking socket in this stack, by one socket(2). Raises OSError."""
        ...
