"""A ladder's lines: found a bit at a time, put in order a block at a time, drawn as they are seen.

A block of events that were recorded one after the other is ordered by itself, so that any part of
a long journal can be shown at once. What must be known from before a block (who is blocked, how far
the streams have got) is worked out in the background; until then a block is drawn without.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

from socklab.events import AnyEvent
from socklab.i18n import _
from socklab.journal import FrameIndex, Readable, whole
from socklab.model.ladder import Row, rows
from socklab.model.ladder_layout import Grid, grid, row_line
from socklab.model.ladder_moment import Moment
from socklab.model.ladder_order import in_order
from socklab.model.sockets import SocketTable
from socklab.ui.panes.cells import Part, width_of
from socklab.ui.panes.ladder_courses import Courses, Waiting
from socklab.ui.panes.ladder_numbers import LadderNumbers
from socklab.ui.panes.ladder_past import LadderPast
from socklab.ui.panes.ladder_view import View
from socklab.ui.panes.lately import Lately

BLOCK = 128
"""Events that are ordered together. Where few events match, reading them takes about this many
blocks of the journal."""

_FLOOD = 1000
"""Where so many events come at once nobody can read them, and the past can wait."""

_WITH_FIRST = 0.005
"""Seconds spent with the first rows on what was before: a short ladder has it from the start, and
nobody waits for that of a long one."""

_SOON = 0.006
"""Seconds that lines may wait for what was before them, to be drawn with it at once."""

_MOST_AWAITED = 3
"""So many blocks of lines are in view at most."""

_AHEAD = 16
"""Events after a block that are looked at: what a connection begins with may be on the wire yet."""


class _Block(NamedTuple):
    """The rows at the positions [start, stop); `version` tells them from others in that place.
    `waiting` tells when more has become of its frames."""

    start: int
    stop: int
    exact: bool
    rows: Sequence[Row]
    version: int
    waiting: Waiting


class LadderSource:
    """The events of `journal` that `view` shows, as lines. `origin`: see LineSource.

    `table` is the socket table as it is now, from which the past is guessed until it is known.
    `past` is what is known of these events in the whole of a recording.
    """

    def __init__(
        self, journal: Readable, view: View, table: SocketTable, past: LadderPast | None = None
    ) -> None:
        self.journal = journal
        self.view = view
        self.table = table
        self._awaited: list[int] = []  # events of which it isn't known yet what was before
        self.past = past or LadderPast(whole(journal), view.criteria, view.carried)
        self.numbers = LadderNumbers(journal, self.past)
        self.courses = Courses(journal, FrameIndex(journal))
        self.long = False
        self.origin = 0
        self.reading = True
        self._blocks: Lately[int, _Block] = Lately(16)
        self._grid: Grid | None = None
        self._version = 0
        self._seen = len(journal)  # how many events there were at the last look

    # What the list asks for

    def __len__(self) -> int:
        return len(self.numbers)

    def key(self, index: int) -> Hashable:
        """The block as it is now, and which row of it."""
        block = self._block_of(index)
        return block.version, index + self.origin

    def parts(self, index: int, width: int) -> Sequence[Part]:
        """One row."""
        row = self.row(index)
        if row is None:
            return [(" " + _("this event is no longer in memory"), "dim")]
        return row_line(row, self.grid(width))

    def grid(self, width: int) -> Grid:
        """Where things stand in lines of `width` cells."""
        where = self._grid
        if where is None or where.width != width or where.lanes is not self.view.lanes:
            first = self.journal.read(self.journal.first, self.journal.first + 1)
            base = first[0].t if first else self.journal.header.started
            where = self._grid = grid(self.view.lanes, width, width_of, base, self.long)
        return where

    @property
    def shows_frames(self) -> bool:
        """Whether there are frames among the events."""
        return self.numbers.frames_found

    def row(self, index: int) -> Row | None:
        """The row of line `index`; None if the journal has let go of its event."""
        block = self._block_of(index)
        at = index + self.origin - block.start
        return block.rows[at] if at < len(block.rows) else None

    def event_at(self, index: int) -> int:
        """The number of the event of line `index`."""
        row = self.row(index)
        return self.numbers[index] if row is None else row.event.n

    def index_of(self, n: int) -> int:
        """The line of event `n`, or of the next one shown."""
        index = min(self.numbers.index(n), len(self.numbers) - 1)
        wanted = self.numbers[index]
        block = self._block_of(index)
        for at, row in enumerate(block.rows):
            if row.event.n == wanted:
                return block.start + at - self.origin
        return index

    def show_lanes(self, view: View) -> None:
        """The same events in other lanes."""
        self.view = view
        self._forget_blocks()

    def show_numbers(self, long: bool) -> None:
        """The numbers of frames in full, or not."""
        self.long = long
        self._forget_blocks()

    # Going through the journal

    def advance(self, seconds: float, rows: int | None = None) -> None:
        """Look for what is new, then for what is older, for about `seconds` each at most; then
        work out what was before. `rows`: so many older ones will do."""
        numbers, before = self.numbers, len(self.numbers)
        last = numbers[-1] if before else None
        position = self.origin + before - 1
        found = numbers.extend(seconds) and numbers.extend_back(seconds, rows)
        # The last one tells by how many the others have moved: see LogSource.
        self.origin = -numbers.older if last is None else position - numbers.index(last)
        came, self._seen = len(self.journal) - self._seen, len(self.journal)
        flooded = before and came > _FLOOD
        known = not flooded and self._go_back(seconds if rows is None else _WITH_FIRST)
        self.reading = not (found and known)

    def _go_back(self, seconds: float) -> bool:
        """Work out what was before the lines that wait for it, then before all; True once that is
        done."""
        history = self.past.history
        for n in [n for n in self._awaited if n <= history.ready]:
            if not history.reach(n, seconds):
                return False
            self._awaited.remove(n)
        return history.advance(seconds) and not self._awaited

    def outdated(self, first: int, last: int) -> bool:
        """Whether any of the lines from `first` to `last` may look otherwise now."""
        if not len(self):
            return False
        span = range(max(0, first), min(last + 1, len(self)))
        blocks = {(index + self.origin) // BLOCK for index in span}
        return any(not self._is_current(number) for number in blocks)

    # Blocks

    def _block_of(self, index: int) -> _Block:
        number = (index + self.origin) // BLOCK
        if not self._is_current(number):
            self._blocks[number] = self._make(number)
        return self._blocks[number]

    def _is_current(self, number: int) -> bool:
        block = self._blocks.get(number)
        if block is None:
            return False
        start, stop = self._span(number)
        if (block.start, block.stop) != (start, stop) or block.waiting.is_over():
            return False
        return block.exact or self._first(start) in self._awaited

    def _span(self, number: int) -> tuple[int, int]:
        """The positions of a block that there are."""
        begin = number * BLOCK
        return max(begin, self.origin), min(begin + BLOCK, self.origin + len(self))

    def _first(self, position: int) -> int:
        """The event there: what was before it is to be known for what follows."""
        return self.numbers[position - self.origin]

    def _reaches(self, n: int) -> bool:
        """Whether what was before event `n` is known, or soon found out. Later, if not."""
        history = self.past.history
        if n <= history.ready and history.reach(n, _SOON):
            return True
        self._awaited = [n, *(other for other in self._awaited if other != n)][:_MOST_AWAITED]
        return False

    def _make(self, number: int) -> _Block:
        start, stop = self._span(number)
        found = self.courses.of(self._numbers(start, stop))
        exact = self._reaches(self._first(start))
        moment = self._moment(found.events, exact)
        after = self._numbers(stop, min(stop + _AHEAD, self.origin + len(self)))
        ahead = self.journal.pick(after)
        placed = in_order(found.events, moment.peer)
        made = list(rows(placed, moment, self.view.lanes, found.courses, ahead))
        self._version += 1
        return _Block(start, stop, exact, made, self._version, found.waiting)

    def _numbers(self, start: int, stop: int) -> list[int]:
        """The events at the positions [start, stop)."""
        return [self.numbers[at - self.origin] for at in range(start, stop)]

    def _moment(self, events: Sequence[AnyEvent], exact: bool) -> Moment:
        n = min((event.n for event in events), default=0)
        return self.past.history.at(n) if exact else Moment.like(self.table, n)

    def _forget_blocks(self) -> None:
        self._blocks.clear()
        self._grid = None
