"""Which events a frame has: found by the columns, some thousand events at a time.

Nothing is kept of a journal but the frames of the last few places that were asked about, so that
it may be of any length.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Sequence

from socklab.events import Fate, Frame
from socklab.journal.columns import NO_SOCKET, of_frame
from socklab.journal.readable import Readable, ReadableColumns

PIECE = 4096
"""Events that are looked through together."""

MOST_PIECES = 64

_NEAR = 16
"""Events next to a frame in which it mostly ends."""

_TOGETHER = 128
"""Frames that are looked at together."""

AHEAD = 2 * PIECE
"""A frame's fates are looked for in so many events after it: what took less than a millisecond is
among them."""

BACK = 256 * PIECE
"""A fate's frame is looked for in so many events before it."""

_Piece = tuple[dict[int, list[int]], dict[int, list[int]]]


class FrameIndex:
    """The numbers of the events of `journal` that are about a frame. Of one thread."""

    def __init__(self, journal: Readable) -> None:
        self._journal = journal
        self._pieces: OrderedDict[int, tuple[int, _Piece]] = OrderedDict()
        self._of_frames: list[bool] = []
        self._of_fates: list[bool] = []
        self._holds: list[bool] = []

    def frame(self, id: int, before: int) -> int | None:
        """The event with which frame `id` came onto the wire, the last one before event `before`;
        None if it is too far back."""
        number = before // PIECE
        oldest = max(self._journal.columns.first, before - BACK) // PIECE
        while number >= oldest:
            found = [n for n in self._piece(number)[0].get(id, ()) if n < before]
            if found:
                return found[-1]
            number -= 1
        return None

    def fates(self, id: int, after: int) -> list[int]:
        """The events that tell what soon became of the frame that event `after` tells of, the
        first of them first."""
        found: list[int] = []
        last = min(self._journal.columns.count - 1, after + AHEAD)
        for number in range(after // PIECE, last // PIECE + 1):
            found += (n for n in self._piece(number)[1].get(id, ()) if after < n <= last)
            if found and number > after // PIECE:
                break
        return found

    def soon(self, numbers: Sequence[int]) -> dict[int, list[int]]:
        """What soon became of those of the events with these numbers, ascending, that are frames
        which came onto the wire, by the number of each."""
        found: dict[int, list[int]] = {}
        for begin in range(0, len(numbers), _TOGETHER):
            together = numbers[begin : begin + _TOGETHER]
            if together[-1] - together[0] < _TOGETHER * _NEAR:
                self._soon(together, found)
            else:
                for n in together:
                    self._soon([n], found)
        return found

    def _soon(self, numbers: Sequence[int], found: dict[int, list[int]]) -> None:
        columns = self._journal.columns
        start, kinds, about = columns.slice(numbers[0], numbers[-1] + 1 + _NEAR)
        self._learn(columns)
        for n in numbers:
            at = n - start
            if 0 <= at < len(kinds) and self._of_frames[kinds[at]]:
                close = self._close(start, kinds, about, at)
                fates = close or self.fates(of_frame(0) - about[at], n)
                if fates:
                    found[n] = fates

    def _close(self, start: int, kinds: array[int], about: array[int], at: int) -> list[int]:
        """The fates of the frame at a place of the columns that are in the events next to it, if
        its end is among them."""
        subject, found = about[at], []
        for place in range(at + 1, min(at + 1 + _NEAR, len(kinds))):
            if about[place] == subject and self._of_fates[kinds[place]]:
                found.append(start + place)
                if not self._holds[kinds[place]]:
                    return found
        return []

    def _piece(self, number: int) -> _Piece:
        start = number * PIECE
        stop = min(start + PIECE, self._journal.columns.count)
        known = self._pieces.get(number)
        if known is not None and known[0] == stop:
            self._pieces.move_to_end(number)
            return known[1]
        made = self._made(start, stop)
        self._pieces[number] = (stop, made)
        if len(self._pieces) > MOST_PIECES:
            self._pieces.popitem(last=False)
        return made

    def _learn(self, columns: ReadableColumns) -> None:
        for kind in columns.table[len(self._of_frames) :]:
            self._of_frames.append(kind.type is Frame)
            self._of_fates.append(kind.type is Fate)
            self._holds.append(kind.verdict == "held")

    def _made(self, start: int, stop: int) -> _Piece:
        columns = self._journal.columns
        start, kinds, about = columns.slice(start, stop)
        self._learn(columns)
        frames: dict[int, list[int]] = {}
        fates: dict[int, list[int]] = {}
        if any(self._of_frames) or any(self._of_fates):
            for n, (kind_number, subject) in enumerate(zip(kinds, about, strict=True), start):
                if subject >= NO_SOCKET:
                    continue
                id = of_frame(0) - subject
                if self._of_frames[kind_number]:
                    frames.setdefault(id, []).append(n)
                elif self._of_fates[kind_number]:
                    fates.setdefault(id, []).append(n)
        return frames, fates
