"""A conversation's lines: the boxes of its shares, one below the other, found a bit at a time.

Which calls belong to it the journal's columns tell. How many lines a share takes is worked out for
the newest first and kept as a number for each line, so that any line can be shown at once.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from time import perf_counter

from socklab.events import AnyEvent, Call
from socklab.i18n import _
from socklab.journal import Filter, Readable, Selection
from socklab.model.ladder_order import happened
from socklab.model.messages import Conversation, Share
from socklab.model.rows import Kind
from socklab.model.transfers import MOVES
from socklab.model.zero import shuts_receiving, tells_of_break
from socklab.ui.panes.cells import Part
from socklab.ui.panes.lately import Lately
from socklab.ui.panes.rows import Rows
from socklab.ui.panes.share_box import MOST_ROWS, Lines, View, draw, rows_taken

_ENDING = frozenset({"shutdown", "getsockopt"})

_WITH_FIRST = 0.002
"""Seconds that the first lines may wait for what explains a 0."""

_BLOCK = 32
_TOO_FAR_BEHIND = 4096
"""So many new shares at once aren't laid out one by one: the tail is begun anew."""

_TOO_FAR_AHEAD = 1 << 16
"""So many new events at once aren't looked through before the newest are shown."""


class TalkSource:
    """What `view.sock` said and heard, and `view.peer` where that is in the lab too."""

    def __init__(self, journal: Readable, view: View, kind: Kind) -> None:
        self.view = view
        self._journal = journal
        self._shares = Conversation(view.sock, view.peer, kind=kind, keep=1)
        socks = {view.sock} if view.peer is None else {view.sock, view.peer}
        self._moves = Filter(types=frozenset({Call}), calls=MOVES, socks=frozenset(socks))
        self._numbers = Selection(journal, self._moves)
        ending = replace(self._moves, calls=_ENDING)
        failed = replace(self._moves, errors_only=True)
        self._doubts = [Selection(journal, few, test=_casts_doubt) for few in (ending, failed)]
        self._noted = 0
        self._drawn: Lately[int, Lines] = Lately(128)
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._rows = Rows()
        self._oldest = self._newest = -1  # the shares laid out lie between these two
        self.reading = True

    # What the list asks for

    @property
    def origin(self) -> int:
        """See rows.Rows."""
        return self._rows.origin

    def __len__(self) -> int:
        return len(self._rows)

    def key(self, index: int) -> Hashable:
        """The share, which line of it, and after how many calls its 0 was explained."""
        return self._rows[index], self._noted

    def parts(self, index: int, width: int) -> Sequence[Part]:
        """One line of a box."""
        n, line = divmod(self._rows[index], MOST_ROWS)
        lines = self._drawn.get(n)
        if lines is None:
            share = self.share(n)
            gone: Lines = [[(" " + _("no longer in memory"), "dim")]]
            lines = self._drawn[n] = draw(share, self.view) if share is not None else gone
        return lines[line] if line < len(lines) else ()

    def event_at(self, index: int) -> int:
        """The number of the call that line `index` belongs to."""
        return self._rows[index] // MOST_ROWS

    def share(self, n: int) -> Share | None:
        """What the call `n` sent or received, None if the journal has let go of it."""
        event = next(iter(self._journal.read(n, n + 1)), None)
        return None if event is None else self._share(event)

    def _share(self, event: AnyEvent) -> Share:
        self._shares.apply(event)
        return self._shares.shares[-1]

    # Going through the journal

    def advance(self, seconds: float, rows: int | None = None, *, skip: bool = True) -> None:
        """Lay out what is new, then what is older, for about `seconds`; `rows` lines will do.

        `skip`: nobody reads further up, so the tail matters more than to have every line.
        """
        deadline = perf_counter() + seconds
        self._rows.drop_below(self._journal.first * MOST_ROWS)
        if skip and self._numbers.behind > _TOO_FAR_AHEAD:
            self._numbers = Selection(self._journal, self._moves)
            self._begin_anew()
        self._numbers.extend(seconds)
        self._note(seconds / 4 if rows is None else _WITH_FIRST)
        if skip and self._newest >= 0 and self._unread() > _TOO_FAR_BEHIND:
            self._begin_anew()
        while perf_counter() < deadline and self._append():
            pass
        while perf_counter() < deadline and self._prepend():
            if rows is not None and len(self._rows) >= rows:
                break
        known = self._numbers.complete and all(doubts.complete for doubts in self._doubts)
        self.reading = self._numbers_left() or not known

    def _note(self, seconds: float) -> None:
        """Find the calls for which a 0 is no end of the stream; what was drawn may be otherwise."""
        for doubts in self._doubts:
            doubts.extend(seconds)
            doubts.extend_back(seconds)
        noted = sum(map(len, self._doubts))
        if noted != self._noted:
            self._noted = noted
            self._drawn.clear()
            for event in self._journal.pick(sorted(n for doubts in self._doubts for n in doubts)):
                if isinstance(event, Call):
                    self._shares.note(event)

    def _unread(self) -> int:
        return len(self._numbers) - self._numbers.index(self._newest + 1)

    def _numbers_left(self) -> bool:
        return bool(self._numbers.index(self._oldest)) or bool(self._unread())

    def _append(self) -> bool:
        """Lay out the next shares; False if there are none."""
        if self._newest < 0:
            return False
        start = self._numbers.index(self._newest + 1)
        numbers = self._between(start, start + _BLOCK)
        if not numbers:
            return False
        self._newest = numbers[-1]
        self._rows.extend(self._rows_of(numbers))
        return True

    def _prepend(self) -> bool:
        """Lay out the shares before the oldest; False if there are none."""
        stop = len(self._numbers) if self._oldest < 0 else self._numbers.index(self._oldest)
        if not stop and not self._numbers.complete:
            self._numbers.extend_back(0.001)
            stop = len(self._numbers) if self._oldest < 0 else self._numbers.index(self._oldest)
            if not stop:
                return not self._numbers.complete
        numbers = self._between(stop - _BLOCK, stop)
        if not numbers:
            return False
        self._oldest = numbers[0]
        self._newest = max(self._newest, numbers[-1])
        self._rows.extend_before(reversed(self._rows_of(numbers)))
        return True

    def _between(self, start: int, stop: int) -> list[int]:
        span = range(max(0, start), min(stop, len(self._numbers)))
        return [self._numbers[index] for index in span]

    def _rows_of(self, numbers: list[int]) -> list[int]:
        # An answer may be recorded before the send that it answers has returned.
        events = sorted(self._journal.pick(numbers), key=happened)
        return [
            event.n * MOST_ROWS + line
            for event in events
            for line in range(rows_taken(self._share(event), self.view))
        ]


def _casts_doubt(event: AnyEvent) -> bool:
    return isinstance(event, Call) and (shuts_receiving(event) or tells_of_break(event))
