"""How far a byte stream has got: which bytes each send put into it, and each receive took out.

TCP keeps no boundaries: n sends may be one receive, and one send m receives. So bytes are counted
from the start of the stream, sends from 1, and a receive is told which sends its bytes came from.
"""

from __future__ import annotations

from typing import NamedTuple

MOST_RUNS = 512
"""Sends that wait to be received are kept as runs of one size. Where there are more runs than
this, the sends aren't numbered any more until the receiver has caught up."""


class Span(NamedTuple):
    """The bytes [start, stop) of a stream, which one call moved.

    They are those of the sends `first` to `last` (counted from 1; 0 where that isn't known).
    `whole`: of all the bytes of those sends and of no others.
    """

    start: int
    stop: int
    first: int
    last: int
    whole: bool


class Stream:
    """One direction of a connection. Sizes and positions are in bytes.

    A send may return after its bytes were received: a large one blocks until there is room for its
    last byte. Its bytes then count as those of the next send.
    """

    __slots__ = ("_ahead", "_done", "_into", "_numbered", "_runs", "received", "sends", "sent")

    def __init__(self) -> None:
        self.sends = 0
        self.sent = 0
        self.received = 0
        self._done = 0  # sends whose bytes were all received
        self._into = 0  # bytes received of the send after those
        self._ahead = 0  # bytes received of sends that have not returned
        # Size and number of sends to be received. Few; and a copy has more use for a list.
        self._runs: list[tuple[int, int]] = []
        self._numbered = True

    def copy(self) -> Stream:
        """A stream that has got as far, and goes on by itself."""
        other = Stream()
        other.sends, other.sent, other.received = self.sends, self.sent, self.received
        other._done, other._into, other._ahead = self._done, self._into, self._ahead
        other._runs, other._numbered = self._runs.copy(), self._numbered
        return other

    def send(self, size: int) -> Span:
        """A send has put `size` bytes in (at least one)."""
        start, self.sent = self.sent, self.sent + size
        self.sends += 1
        early = min(self._ahead, size)
        self._ahead -= early
        if early == size:
            self._done += 1
        else:
            self._into += early
            self._wait(size)
        number = self.sends if self._numbered else 0
        return Span(start, self.sent, number, number, True)

    def _wait(self, size: int) -> None:
        runs = self._runs
        if runs and runs[-1][0] == size:
            runs[-1] = (size, runs[-1][1] + 1)
        elif len(runs) < MOST_RUNS:
            runs.append((size, 1))
        else:
            self._numbered = False

    def take(self, size: int) -> Span:
        """A receive has taken `size` bytes out (at least one)."""
        start, self.received = self.received, self.received + size
        if not self._numbered:
            self._catch_up()
            return Span(start, self.received, 0, 0, False)
        first, begins = self._done + 1, not self._into and not self._ahead
        ends = self._take_runs(size)
        return Span(start, self.received, first, self._done + (not ends), whole=begins and ends)

    def peek(self, size: int) -> Span:
        """A receive has seen `size` bytes (at least one), and left them there."""
        return self.copy().take(size)

    def _take_runs(self, size: int) -> bool:
        """Whether the last byte is also the last one of a send."""
        runs = self._runs
        while size and runs:
            each, count = runs[0]
            whole = min((self._into + size) // each, count)
            left = self._into + size - whole * each
            self._done += whole
            if whole == count:
                del runs[0]
                self._into, size = 0, left
            else:
                runs[0] = (each, count - whole)
                self._into, size = left, 0
        self._ahead += size
        return not self._into and not size

    def _catch_up(self) -> None:
        if self.received >= self.sent:
            self._numbered = True
            self._runs.clear()
            self._done, self._into = self.sends, 0
            self._ahead = self.received - self.sent
