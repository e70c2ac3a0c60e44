"""Arrows of frames: solid, sloping where they take a while, and ending where the frame did.

A shaft is put together from its sender's end to its receiver's, and turned round where it points
to the left.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from socklab.model.ladder_rows import Arrow, Ending, Flight
from socklab.model.ladder_text import cut

SEEN_SHAFT = "─"
LEAST = 10
"""Cells of an arrow that still says something."""

_WIDE = 36
"""Cells from which on an arrow has room for more than what it is."""

_CHANGED = "≈"
_HEADS = ("◀", "▶")
_SLOPES = ("╱", "╲")
_HELD, _DROPPED = "‖", "✗"
_FRAME = 4
"""Cells of a label besides its text: a blank and a dash at each side."""
_REST = 4
"""Cells of the second half at least."""

Measure = Callable[[str], int]
_Part = tuple[str, str]


class Shaft(NamedTuple):
    """`pieces` are texts with the cells at which they begin, counted from the left, and their
    styles; `labelled`: a label had room."""

    pieces: tuple[tuple[int, str, str], ...]
    labelled: bool


def wire_shaft(arrow: Arrow, cells: int, rightwards: bool, style: str, measure: Measure) -> Shaft:
    """The arrow of a frame in so many cells between two lifelines."""
    flight = arrow.flight
    if flight is None or cells < 1:
        return Shaft((), False)
    labels = arrow.labels if cells >= _WIDE else arrow.labels[-2:]
    drawing = _Drawing(labels, flight, cells, rightwards, style, measure)
    if flight.arrives:
        skipped, parts = drawing.second()
    else:
        skipped, parts = 0, drawing.first()
    used = sum(measure(text) for text, _style in parts)
    at = skipped if rightwards else cells - skipped - used
    pieces = []
    for text, its in parts if rightwards else reversed(parts):
        if text:
            pieces.append((at, text, its))
            at += measure(text)
    return Shaft(tuple(pieces), drawing.labelled)


class _Drawing:
    """The parts of one shaft, from the sender on."""

    def __init__(
        self,
        labels: tuple[str, ...],
        flight: Flight,
        cells: int,
        rightwards: bool,
        style: str,
        measure: Measure,
    ) -> None:
        self._labels, self._flight, self._cells = labels, flight, cells
        self._rightwards, self._style, self._measure = rightwards, style, measure
        self.labelled = False

    def first(self) -> list[_Part]:
        """From the sender: all the way, or as far as it has got."""
        ending = self._flight.ending
        if ending is Ending.ARRIVED:
            return self._whole(self._cells)
        if ending is Ending.DROPPED:
            return self._dropped(self._cells, 2 * self._cells // 3)
        turn = min(self._turn(), self._cells)
        end = self._waiting() if ending is Ending.HELD else self._slope()
        return [*self._dashes(self._fitting(turn - _FRAME - 1), turn - 1), end]

    def second(self) -> tuple[int, list[_Part]]:
        """From the middle on, which begins in that cell."""
        turn = min(self._turn(), self._cells) - 1
        room = turn - _FRAME  # it is called what it was called where it departed
        self._labels = tuple(label for label in self._labels if self._measure(label) <= room)
        begin = self._waiting() if self._flight.held else self._slope()
        rest = self._cells - turn - 1
        if self._flight.ending is Ending.DROPPED:
            return turn, [begin, *self._dropped(rest, 0)]
        return turn, [begin, *self._whole(rest, _FRAME - 1)]

    def _turn(self) -> int:
        """The cells up to the middle, which a label may move."""
        half = (self._cells + 1) // 2
        shortest = min(map(self._measure, self._labels), default=0) + _FRAME + 1
        return half if shortest <= half or shortest > self._cells - _REST else shortest

    def _fitting(self, room: int) -> str:
        """The longest label that has room; "" if none has."""
        found = next((label for label in self._labels if self._measure(label) <= room), "")
        self.labelled = self.labelled or bool(found)
        return found

    def _whole(self, cells: int, frame: int = _FRAME) -> list[_Part]:
        """Up to the receiver."""
        if cells < 1:
            return []
        label = self._fitting(cells - 1 - frame)
        return [*self._dashes(label, cells - 1), (_HEADS[self._rightwards], self._style)]

    def _dropped(self, cells: int, target: int) -> list[_Part]:
        """Not up to the receiver; the ✗ at cell `target` if the words leave it there."""
        why = self._flight.why
        tail = self._measure(why) + 2 if why else 0  # with a blank before and behind it
        label = self._fitting(cells - tail - 1 - _FRAME)
        if tail and not label and not self._flight.arrives:
            tail, label = 0, self._fitting(cells - 1 - _FRAME)
        if tail > cells - 2:
            tail = 0
        size = self._measure(label) + _FRAME if label else 1
        shaft = max(min(target, cells - 1 - tail), size)
        mark = (_DROPPED, "error")
        parts = [*self._dashes(label, shaft), mark][-cells:] if cells > 0 else []
        return [*parts, *self._words(why)] if tail else parts

    def _words(self, why: str) -> list[_Part]:
        return [(" ", ""), (cut(why, self._cells, self._measure), "error")]

    def _dashes(self, label: str, cells: int) -> list[_Part]:
        """A shaft of so many cells, with a label in its middle."""
        glyph = _CHANGED if self._flight.changed else SEEN_SHAFT
        if not label:
            return [(glyph * cells, self._style)]
        dashes = cells - self._measure(label) - 2
        before = dashes // 2
        named = f"{glyph * before} {label} {glyph * (dashes - before)}"
        if not self._rightwards:
            named = f"{glyph * (dashes - before)} {label} {glyph * before}"
        return [(named, self._style)]

    def _slope(self) -> _Part:
        return _SLOPES[self._rightwards], self._style

    def _waiting(self) -> _Part:
        return _HELD, "warning"
