"""A program's descriptor table: it starts at 3 and gives the lowest free number, as POSIX says."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Iterator

from socklab.lab.traced import TracedSocket

_FIRST = 3  # 0, 1 and 2 are the standard streams of every process


class Descriptors:
    """Numbers and the sockets that they name. Any thread may call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._table: dict[int, TracedSocket] = {}
        self._freed: list[int] = []
        self._next = _FIRST

    def take(self) -> int:
        """The lowest free number, which is taken from now on."""
        with self._lock:
            if self._freed:
                return heapq.heappop(self._freed)
            number = self._next
            self._next += 1
            return number

    def name(self, sock: TracedSocket) -> None:
        """The number that was taken for `sock` names it now."""
        self._table[sock.fd] = sock

    def free(self, sock: TracedSocket) -> None:
        """`sock` is closed: its number may be given again."""
        with self._lock:
            if self._table.get(sock.fd) is sock:
                del self._table[sock.fd]
                heapq.heappush(self._freed, sock.fd)

    def get(self, fd: int) -> TracedSocket | None:
        """The socket that `fd` names, None for a number that names nothing."""
        return self._table.get(fd)

    def fitting(self, fits: Callable[[TracedSocket], bool]) -> list[TracedSocket]:
        """Those that `fits`, by descriptor."""
        return [sock for sock in self if fits(sock)]

    def __iter__(self) -> Iterator[TracedSocket]:
        with self._lock:
            return iter([self._table[fd] for fd in sorted(self._table)])

    def __len__(self) -> int:
        return len(self._table)
