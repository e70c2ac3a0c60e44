"""A program's socket: the real one, and what the lab has learned of it from its calls.

By composition: nothing here makes a call except closing, which must be told apart from a look by
another thread. Calls are made and recorded by `calls` (by hand) and `driven` (by the loop).
"""

from __future__ import annotations

import enum
import socket
import threading

from socklab.events import Address


class Driven(enum.Enum):
    """What the engine's loop does on a socket of its own accord."""

    ACCEPTING = "accepts on it"
    SERVING = "receives and answers on it"
    READING = "receives on it"


class TracedSocket:
    """One socket of a program.

    `number` is the lab's name for it, `fd` the program's descriptor, `os_fd` this process's own.
    `driven` says what the engine's loop does on it, None for a manual socket; `peer` is the sender
    of its last datagram.
    """

    __slots__ = (
        "backlog",
        "closed",
        "driven",
        "family",
        "fd",
        "kind",
        "listening",
        "local",
        "number",
        "os_fd",
        "peer",
        "program",
        "real",
        "remote",
        "state",
        "still",
    )

    def __init__(self, number: int, program: str, fd: int, real: socket.socket) -> None:
        self.number = number
        self.program = program
        self.fd = fd
        self.real = real
        self.os_fd = real.fileno()
        self.kind = real.type
        self.family = real.family
        self.local: Address | None = None
        self.remote: Address | None = None
        self.peer: Address | None = None
        self.listening = False
        self.backlog = 0
        self.driven: Driven | None = None
        self.state = "CLOSE"
        self.closed = False
        # Held while another thread looks: its descriptor must not become another socket's.
        self.still = threading.Lock()

    @property
    def is_tcp(self) -> bool:
        return self.kind == socket.SOCK_STREAM

    def close(self) -> None:
        """close(2), after which nobody looks at it any more. Raises OSError."""
        with self.still:
            self.closed = True
        self.real.close()


def address(raw: object) -> Address | None:
    """Host and port of what getsockname(2) gave; None for what is no IP address."""
    if isinstance(raw, tuple) and len(raw) >= 2:
        return str(raw[0]), int(raw[1])
    return None
