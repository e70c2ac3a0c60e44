"""Which sockets the lab knows: their numbers, and which addresses belong to which.

A socket keeps its number from the call that made it, or from when the kernel's table first showed
it, until the kernel has forgotten it; so sockets that no descriptor holds are known here too.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from socklab.events import Address
from socklab.kernel.tcp_table import Pair
from socklab.lab.traced import TracedSocket
from socklab.model.addresses import mapped
from socklab.model.tcp_life import TcpLife
from socklab.model.tcp_machine import LISTEN


@dataclass(slots=True)
class Unowned:
    """A TCP connection that no descriptor holds: one that waits to be accepted, or `closed`, the
    socket that it was until its program closed it, and which the kernel may still know. `timed`:
    the journal has when the kernel will forget it."""

    number: int
    pair: Pair
    life: TcpLife
    closed: TracedSocket | None = None
    timed: bool = False

    @property
    def waiting(self) -> bool:
        """Whether accept(2) may still take it."""
        return self.closed is None

    @property
    def program(self) -> str | None:
        """Whose it was."""
        return self.closed.program if self.closed else None

    @property
    def state(self) -> str:
        """The last one recorded."""
        return self.life.state


class Registry:
    """The sockets of a lab on one host, open and unowned. Any thread may call.

    `numbers` gives the lab's next number for a socket; hosts of one lab share it.
    """

    def __init__(self, numbers: Iterator[int] | None = None) -> None:
        self._lock = threading.Lock()
        self._numbers = numbers or itertools.count(1)
        self._open: dict[int, TracedSocket] = {}
        self._unowned: dict[Pair, Unowned] = {}
        self._accepted: set[Pair] = set()

    def number(self) -> int:
        """A number that no socket of this lab had before."""
        return next(self._numbers)

    def opened(self, sock: TracedSocket) -> None:
        """`sock` has a descriptor now."""
        with self._lock:
            self._open[sock.number] = sock

    def adopt(self, local: Address, remote: Address) -> tuple[int, TcpLife]:
        """The number and the life of the connection that accept just returned: those of the one
        that was seen waiting, else new ones."""
        with self._lock:
            self._accepted.add((local, remote))
            seen = self._unowned.get((local, remote))
            if seen is not None and seen.waiting:
                del self._unowned[local, remote]
                return seen.number, seen.life
        return self.number(), TcpLife(LISTEN)

    def closed(self, sock: TracedSocket) -> Unowned | None:
        """`sock` lost its descriptor; what the kernel may still know of it, if anything."""
        with self._lock:
            self._open.pop(sock.number, None)
            if sock.local is None or sock.remote is None or not sock.is_tcp:
                return None
            pair = (sock.local, sock.remote)
            self._accepted.discard(pair)
            left = self._unowned[pair] = Unowned(sock.number, pair, sock.life, sock)
            return left

    def appeared(self, pair: Pair) -> Unowned | None:
        """The table shows a connection without owner. None where it's known already."""
        with self._lock:
            if pair in self._unowned or pair in self._accepted:
                return None
            found = Unowned(self.number(), pair, TcpLife(LISTEN))
            self._unowned[pair] = found
            return found

    def unowned_at(self, pair: Pair) -> Unowned | None:
        """The one with these addresses, however its socket's family writes them."""
        local, remote = pair
        with self._lock:
            return self._unowned.get(pair) or self._unowned.get((mapped(local), mapped(remote)))

    def gone(self, unowned: Unowned) -> None:
        """The kernel has forgotten it."""
        with self._lock:
            if self._unowned.get(unowned.pair) is unowned:
                del self._unowned[unowned.pair]

    def open_sockets(self) -> list[TracedSocket]:
        """Those that a descriptor holds."""
        with self._lock:
            return list(self._open.values())

    def unowned(self) -> list[Unowned]:
        """Those that none holds."""
        with self._lock:
            return list(self._unowned.values())
