"""Which events a ladder shows, as far as they have been found."""

from __future__ import annotations

from collections.abc import Sequence

from socklab.journal import Readable, Selection
from socklab.journal.readable import ReadableColumns
from socklab.ui.panes.ladder_past import STEP, LadderPast


class LadderNumbers(Selection):
    """The numbers of the events that have a row in the ladder, of those that `journal` has: it may
    end before the one that `past` is of. `frames_found`: there are frames among them."""

    def __init__(self, journal: Readable, past: LadderPast) -> None:
        super().__init__(journal, past.of[0])
        self._events = past.events
        self.frames_found = False

    def _step_over(self, columns: ReadableColumns, start: int, stop: int) -> int:
        if self._events.may_have_frames:
            return STEP
        return super()._step_over(columns, start, stop)

    def _scan(self, columns: ReadableColumns, start: int, stop: int) -> Sequence[int]:
        found = self._events.among(start, min(stop, columns.count))
        self.frames_found = self.frames_found or found.frames
        return found.numbers
