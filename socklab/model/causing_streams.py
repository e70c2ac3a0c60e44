"""Which calls moved which bytes of a TCP stream, and where in it a segment's numbers stand.

Positions count a stream's bytes from 0, the first one behind the SYN.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from typing import NamedTuple

from socklab.model.frames.sequence import ahead

MOST = 8
"""Calls that are named for one frame: a segment may carry the bytes of a thousand sends."""

_LARGEST = 1 << 40  # bytes of one call: more is no journal of ours


class Calls(NamedTuple):
    """The `n` of calls, in their order; `more` is how many there were besides."""

    numbers: tuple[int, ...] = ()
    more: int = 0


NO_CALLS = Calls()


class StreamCalls:
    """The calls that put bytes into a stream, or that took them out, in their order."""

    __slots__ = ("_calls", "_stops")

    def __init__(self) -> None:
        self._calls = array("q")
        self._stops = array("q")

    def add(self, n: int, size: int) -> None:
        """Call `n` moved the next `size` bytes."""
        if 0 < size < _LARGEST:
            self._calls.append(n)
            self._stops.append((self._stops[-1] if self._stops else 0) + size)

    def between(self, start: int, stop: int) -> Calls:
        """Those that moved any of the bytes [start, stop)."""
        first = bisect_right(self._stops, start)
        last = min(bisect_left(self._stops, stop, first) + 1, len(self._stops))
        shown = tuple(self._calls[first : min(last, first + MOST)])
        return Calls(shown, last - first - len(shown)) if shown else NO_CALLS


class Way:
    """One direction of a connection, from the SYN on whose number is `syn`.

    `known` is the position up to which its receiver has acknowledged.
    """

    __slots__ = ("_near", "known", "syn")

    def __init__(self, syn: int) -> None:
        self.syn = syn
        self.known = 0
        self._near = 0

    def position(self, number: int) -> int:
        """Where a sequence number stands: of all places that it may mean, the one nearest to what
        came last."""
        position = self._near + ahead(self.syn + 1 + self._near, number)
        self._near = max(self._near, position)
        return position
