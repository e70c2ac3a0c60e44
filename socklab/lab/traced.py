"""A program's socket: the real one, and what the lab has learned of it from its calls.

By composition: nothing here makes a call except closing, which must be told apart from a look by
another thread. Calls are made and recorded by `caller` (by hand) and `driven` (by the loop).
"""

from __future__ import annotations

import contextlib
import enum
import socket
import threading
from collections import deque
from typing import NamedTuple

from socklab.events import Address, Call, Wait
from socklab.model.tcp_life import TcpLife, tells


class Driven(enum.Enum):
    """What the engine's loop does on a socket of its own accord."""

    ACCEPTING = "accepts on it"
    SERVING = "receives and answers on it"
    READING = "receives on it"
    RELAYING = "relays what comes on it"


class Told(NamedTuple):
    """A call's event that says something of its socket's state, and that the observer has yet to
    take in. `entry` is which of the socket's calls by hand it was."""

    n: int
    event: Call | Wait
    entry: int = 0


class TracedSocket:
    """One socket of a program.

    `number` is the lab's name for it, `fd` the program's descriptor, `os_fd` this process's own.
    `driven` says what the engine's loop does on it, None for a manual socket; `peer` is the sender
    of its last datagram. `scope` is what it was bound with, as `%2`: `local` and `remote` go
    without, as in the kernel's tables.

    `life` is what the observer knows of its states, and only the observer's thread touches it;
    `told` are the calls that it has yet to take in. `inside` are the calls by hand that are under
    way, each with whether what a look finds meanwhile may be its doing; `entries` counts them.
    `unread_at` is the count at which a look found received data with no call under way. `tried` is
    the last connect(2) that the observer has taken in.
    """

    __slots__ = (
        "backlog",
        "closed",
        "driven",
        "entries",
        "family",
        "fd",
        "inside",
        "kind",
        "life",
        "listening",
        "local",
        "number",
        "os_fd",
        "peer",
        "program",
        "real",
        "remote",
        "scope",
        "still",
        "told",
        "tried",
        "unread_at",
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
        self.scope = ""
        self.listening = False
        self.backlog = 0
        self.driven: Driven | None = None
        self.life = TcpLife()
        self.told: deque[Told] = deque()
        self.inside: dict[int, bool] = {}
        self.entries = 0
        self.unread_at: int | None = None
        self.tried: Call | None = None
        self.closed = False
        # Held while another thread looks: its descriptor must not become another socket's.
        self.still = threading.Lock()

    @property
    def is_tcp(self) -> bool:
        return self.kind == socket.SOCK_STREAM

    @property
    def state(self) -> str:
        """The last one recorded, a name of `TcpState`."""
        return self.life.state

    def enter(self, key: int, changes: bool) -> int:
        """A call by hand begins; which one it is. `changes`: it may change the socket's state."""
        self.entries += 1
        self.inside[key] = changes
        return self.entries

    def wait(self, key: int, n: int, wait: Wait) -> None:
        """The call is blocked: what a look finds is what it waits in."""
        self.told.append(Told(n, wait))
        self.inside[key] = False

    def leave(self, key: int) -> None:
        """The call has returned, and the observer has been told if it need be."""
        self.inside.pop(key, None)

    def tell(self, n: int, call: Call, entry: int = 0) -> None:
        """A call on it has returned and been recorded: what it says is for the observer."""
        if self.is_tcp and tells(call):
            self.told.append(Told(n, call, entry))

    @property
    def unsettled(self) -> bool:
        """Whether a call has changed its state, or may just now, that the observer doesn't know."""
        return bool(self.told) or self.changing

    @property
    def changing(self) -> bool:
        """Whether a call may change its state just now."""
        return True in list(self.inside.values())

    def close(self) -> None:
        """close(2), after which nobody looks at it any more. Raises OSError."""
        with self.still:
            self.closed = True
        self.real.close()


def names(sock: TracedSocket) -> tuple[Address | None, Address | None]:
    """The local and the remote address that the kernel gives it now. Of the observer's thread."""
    local = remote = None
    with sock.still:
        if not sock.closed:
            with contextlib.suppress(OSError):
                local = address(sock.real.getsockname())
            with contextlib.suppress(OSError):
                remote = address(sock.real.getpeername())
    return local, remote


def address(raw: object) -> Address | None:
    """Host and port of what getsockname(2) gave; None for what is no IP address."""
    if isinstance(raw, tuple) and len(raw) >= 2:
        return str(raw[0]), int(raw[1])
    return None
