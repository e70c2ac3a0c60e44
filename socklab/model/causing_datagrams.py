"""Which call sent a datagram, or took it: the calls between two addresses, in their order.

A datagram may be lost before the wire or behind it, so that the order alone doesn't tell: a call
must have had the same size and the same first bytes.
"""

from __future__ import annotations

from array import array
from zlib import crc32

ANY_SIZE = -1

_COMPARED = 64  # bytes
_FAR = 4096
"""Calls that are looked through for one datagram."""


class Datagrams:
    """The calls of one socket's side, each of which moved one datagram."""

    __slots__ = ("_calls", "_kept", "_marks", "_next", "_sizes", "_times")

    def __init__(self) -> None:
        self._calls = array("q")
        self._times = array("q")
        self._sizes = array("q")
        self._kept = array("B")
        self._marks = array("I")
        self._next = 0

    def add(self, n: int, t: int, data: bytes, size: int) -> None:
        """Call `n` at `t` (ns) moved a datagram of `size` bytes that begins with `data`; ANY_SIZE
        where only a part of it was asked for."""
        data = data[:_COMPARED]
        self._calls.append(n)
        self._times.append(t)
        self._sizes.append(size)
        self._kept.append(len(data))
        self._marks.append(crc32(data))

    def claim(self, payload: bytes, size: int, earliest: int, latest: int) -> int | None:
        """The first call between the two times that moved this datagram; neither it nor those
        before it are given again."""
        times = self._times
        for place in range(self._next, min(self._next + _FAR, len(times))):
            if times[place] > latest:
                return None
            if times[place] >= earliest and self._fits(place, payload, size):
                self._next = place + 1
                return self._calls[place]
        return None

    def _fits(self, place: int, payload: bytes, size: int) -> bool:
        if self._sizes[place] not in (size, ANY_SIZE):
            return False
        kept = self._kept[place]
        return len(payload) >= kept and crc32(payload[:kept]) == self._marks[place]
