"""One direction of a TCP connection: which bytes of which sends came in which receive.

A stream has no boundaries (RFC 9293, section 3.9.1: TCP may hold data together or take it apart as
it sees fit), so this is known by counting alone. Calls are recorded as they return, hence a
receive may be told of before the send that it took its bytes from.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from socklab.events import Call
from socklab.model.messages import flags_of

_MOST = 256
"""Calls of either side that may wait for those of the other; beyond that bytes are only counted."""


class Piece(NamedTuple):
    """What one call moved: the bytes from `start` up to `end`, counted from the stream's first.

    `waitall`: a receive that waits until it has all that it asked for (MSG_WAITALL).
    """

    n: int
    name: str
    fd: int | None
    waitall: bool
    start: int
    end: int

    @property
    def size(self) -> int:
        """In bytes."""
        return self.end - self.start


class Match(NamedTuple):
    """A receive, and the sends whose bytes it gave, each of them wholly or in part."""

    got: Piece
    sent: tuple[Piece, ...]


class Stream:
    """`sent` and `received` are the bytes moved so far; `whole`: no call was missed."""

    __slots__ = ("_got", "_matching", "_sent", "received", "sent", "whole")

    def __init__(self) -> None:
        self.sent = 0
        self.received = 0
        self.whole = True
        self._matching = True
        self._sent: deque[Piece] = deque()
        self._got: deque[Piece] = deque()

    def copy(self) -> Stream:
        """One that goes on by itself."""
        other = Stream()
        other.sent, other.received, other.whole = self.sent, self.received, self.whole
        other._matching = self._matching
        other._sent, other._got = self._sent.copy(), self._got.copy()
        return other

    @property
    def unread(self) -> int:
        """Bytes that the kernel took from the sender and no receive has given; 0 if unknown."""
        return max(0, self.sent - self.received) if self.whole else 0

    def lose(self) -> None:
        """A call was missed: from now on nothing is known."""
        self.whole = False
        self._stop_matching()

    def send(self, call: Call, size: int) -> tuple[Match, ...]:
        """A send of which the kernel took `size` bytes; the receives that are clear by it."""
        start, self.sent = self.sent, self.sent + size
        piece = Piece(call.n, call.name, call.fd, False, start, self.sent)
        return self._settle(self._sent, piece)

    def receive(self, call: Call, size: int) -> tuple[Match, ...]:
        """A receive of `size` bytes; itself, unless its sends have yet to be told of."""
        start, self.received = self.received, self.received + size
        waitall = "MSG_WAITALL" in flags_of(call)
        piece = Piece(call.n, call.name, call.fd, waitall, start, self.received)
        return self._settle(self._got, piece)

    def _settle(self, side: deque[Piece], piece: Piece) -> tuple[Match, ...]:
        if not self._matching:
            return ()
        side.append(piece)
        found = tuple(self._matches())
        if len(side) > _MOST:
            self._stop_matching()
        return found

    def _stop_matching(self) -> None:
        self._matching = False
        self._sent.clear()
        self._got.clear()

    def _matches(self) -> Iterator[Match]:
        while self._got and self._got[0].end <= self.sent:
            got = self._got.popleft()
            while self._sent and self._sent[0].end <= got.start:
                self._sent.popleft()
            yield Match(got, tuple(self._under(got)))

    def _under(self, got: Piece) -> Iterator[Piece]:
        for piece in self._sent:
            if piece.start >= got.end:
                break
            yield piece
