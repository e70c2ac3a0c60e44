"""Which sockets the lab knows: their numbers, and which addresses belong to which.

A socket keeps its number from the call that made it, or from when the kernel's table first showed
it, until the kernel has forgotten it; so sockets that no descriptor holds are known here too.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable
from dataclasses import dataclass

from socklab.events import Address
from socklab.lab.traced import TracedSocket

Pair = tuple[Address, Address]
"""Local and remote address: what tells TCP connections apart."""


@dataclass(slots=True)
class Unowned:
    """A TCP connection that no descriptor holds: one that waits to be accepted, or one that was
    closed and that the kernel still knows. `program` is whose it was."""

    number: int
    pair: Pair
    state: str
    program: str | None = None
    recv_queue: int = 0
    waiting: bool = False


class Registry:
    """The sockets of a lab, open and unowned. Any thread may call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
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

    def adopt(self, local: Address, remote: Address) -> tuple[int, str]:
        """The number and last known state of the connection that accept just returned: those
        under which it was seen waiting, else a new number and no state ("")."""
        with self._lock:
            self._accepted.add((local, remote))
            seen = self._unowned.get((local, remote))
            if seen is not None and seen.waiting:
                del self._unowned[local, remote]
                return seen.number, seen.state
        return self.number(), ""

    def closed(self, sock: TracedSocket) -> Unowned | None:
        """`sock` lost its descriptor; what the kernel may still know of it, if anything."""
        with self._lock:
            self._open.pop(sock.number, None)
            if sock.local is None or sock.remote is None or not sock.is_tcp:
                return None
            pair = (sock.local, sock.remote)
            self._accepted.discard(pair)
            left = self._unowned[pair] = Unowned(sock.number, pair, sock.state, sock.program)
            return left

    def appeared(self, pair: Pair, state: str) -> Unowned | None:
        """The table shows a connection without owner. None where it's known already."""
        with self._lock:
            if pair in self._unowned or pair in self._accepted:
                return None
            found = Unowned(self.number(), pair, state, waiting=True)
            self._unowned[pair] = found
            return found

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

    def find(self, numbers: Iterable[int]) -> list[TracedSocket]:
        """The open sockets of these numbers."""
        with self._lock:
            return [self._open[number] for number in numbers if number in self._open]
