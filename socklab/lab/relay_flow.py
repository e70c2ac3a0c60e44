"""One direction of a relayed connection: what came, and when how much of it may go on.

Pure: no socket, no clock. Times are in nanoseconds, settings in seconds and bytes per second.
Nothing is lost and nothing overtakes: that is TCP's promise, which a relay can't break.
"""

from __future__ import annotations

import sys
from collections import deque
from typing import NamedTuple

_SECOND = 1_000_000_000
_BURST = 0.02  # seconds' worth of the rate that goes at once: what timers can keep up with
_HELD_MOST = 1 << 20  # bytes on their way at most where they are delayed
_NOTHING = memoryview(b"")


class _Piece(NamedTuple):
    at: int
    data: memoryview
    cause: int


class Flow:
    """Bytes on their way. `delay` in seconds, `rate` in bytes per second, `most` bytes a send."""

    def __init__(
        self, delay: float = 0.0, rate: float | None = None, most: int | None = None
    ) -> None:
        self._delay = round(delay * _SECOND)
        self._rate = rate
        self._most = most or sys.maxsize
        if rate is not None:
            self._most = min(self._most, max(1, int(min(rate * _BURST, sys.maxsize))))
        self._room = _HELD_MOST if delay else 1
        self._pieces: deque[_Piece] = deque()
        self._free_at = 0
        self._end_at: int | None = None
        self.held = 0

    @property
    def has_room(self) -> bool:
        """Whether more may come. Without a delay nothing may while anything is still here: so a
        receiver that doesn't take it holds its sender up."""
        return self.held < self._room

    @property
    def cause(self) -> int:
        """The event by which what is next came."""
        return self._pieces[0].cause

    @property
    def next_at(self) -> int | None:
        """When there is something to do next; None where nothing is on its way."""
        if self._pieces:
            return max(self._pieces[0].at, self._free_at)
        return self._end_at

    def came(self, data: bytes, now: int, cause: int) -> None:
        """These bytes came, by event `cause`."""
        self._pieces.append(_Piece(now + self._delay, memoryview(data), cause))
        self.held += len(data)

    def finish(self, now: int) -> None:
        """The end of the stream came."""
        self._end_at = now + self._delay

    def due(self, now: int) -> memoryview:
        """What to send now, in one call; empty where nothing is due."""
        if not self._pieces or max(self._pieces[0].at, self._free_at) > now:
            return _NOTHING
        return self._pieces[0].data[: self._most]

    def went(self, size: int, now: int) -> None:
        """So many bytes of what was due have been sent."""
        at, data, cause = self._pieces.popleft()
        if size < len(data):
            self._pieces.appendleft(_Piece(at, data[size:], cause))
        self.held -= size
        if self._rate is not None:
            # A timer that rings late is made up for, a pause isn't.
            begin = max(self._free_at, now - round(_BURST * _SECOND))
            self._free_at = begin + round(size / self._rate * _SECOND)

    def ended(self, now: int) -> bool:
        """Whether the end of the stream is due, everything before it having gone."""
        return self._end_at is not None and self._end_at <= now and not self._pieces
