"""Which events a ladder shows of a whole journal, and what came before each: found and folded once,
for all the moments of it that are looked at.

Events are those of the ladder's sockets by the journal's columns, frames by what is in them.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from socklab.events import AnyEvent, Fate, Frame
from socklab.journal import Filter, FrameIndex, History, Readable, Selection
from socklab.journal.readable import ReadableColumns
from socklab.model.ladder_carried import Carried
from socklab.model.ladder_moment import Moment
from socklab.model.ladder_rows import is_late
from socklab.ui.panes.ladder_courses import Courses
from socklab.ui.panes.lately import Lately

STEP = 1024
"""Events that are looked through together."""

_SPACING, _STEP = 256, 256
"""Events between two moments that are kept, at first, and those that are read together."""

_FRAME, _FATE = 1, 2


class Found(NamedTuple):
    """Numbers of events, ascending; and whether there are frames among them."""

    numbers: Sequence[int]
    frames: bool = False


class LadderEvents:
    """The events of `journal` that have a row in the ladder. Of one thread.

    Those that `criteria` let through, and of the frames those that `carried` has (None: all of
    them), each with the fate that it came to late.
    """

    def __init__(self, journal: Readable, criteria: Filter, carried: Carried | None) -> None:
        self._journal = journal
        self._carried = carried
        self._others = Selection(journal, criteria)
        self._index = FrameIndex(journal)
        self._courses = Courses(journal, self._index)
        self._marks: list[int] = []  # by the number of a kind: whether it is of frames or fates
        self._masks = {_FRAME: 0, _FATE: 0}  # a bit for each such kind
        self._member: Lately[int, bool] = Lately(8192)  # by a frame's event
        self._frames: dict[int, Found] = {}  # by the number of a step that has frames or fates

    @property
    def may_have_frames(self) -> bool:
        """Whether there are any frames in the journal."""
        self._learn(self._journal.columns)
        return bool(self._masks[_FRAME])

    def among(self, start: int, stop: int) -> Found:
        """Those in [start, stop)."""
        columns = self._journal.columns
        if not self.may_have_frames:
            return Found(self._others.among(start, stop))
        numbers: list[int] = []
        frames = False
        while start < stop:
            end = min(start - start % STEP + STEP, stop)
            found = self._step(columns, start, end)
            numbers += found.numbers
            frames = frames or found.frames
            start = end
        return Found(numbers, frames)

    def _learn(self, columns: ReadableColumns) -> None:
        for number in range(len(self._marks), len(columns.table)):
            mark = {Frame: _FRAME, Fate: _FATE}.get(columns.table[number].type, 0)
            self._marks.append(mark)
            if mark:
                self._masks[mark] |= 1 << number

    def _step(self, columns: ReadableColumns, start: int, stop: int) -> Found:
        """Those of a step, or of a part of one. A whole one is looked through once."""
        number = start // STEP
        known = self._frames.get(number)
        if known is None:
            whole = columns.count >= number * STEP + STEP and columns.first <= number * STEP
            if not whole:
                return self._look(columns, start, stop)
            known = self._look(columns, number * STEP, number * STEP + STEP)
            known = Found(array("Q", known.numbers), known.frames)
            self._frames[number] = known
            for gone in [one for one in self._frames if one * STEP < columns.first]:
                del self._frames[gone]
        if stop - start == STEP or not known.numbers:
            return known
        begin, end = (bisect_left(known.numbers, n) for n in (start, stop))
        return Found(known.numbers[begin:end], known.frames and begin < end)

    def _look(self, columns: ReadableColumns, start: int, stop: int) -> Found:
        others = self._others.among(start, stop)
        present = columns.present(start, stop)
        if present is not None and not present & (self._masks[_FRAME] | self._masks[_FATE]):
            return Found(others)
        start, kinds, _about = columns.slice(start, stop)
        marks = list(map(self._marks.__getitem__, kinds))
        span = range(start, start + len(marks))
        frames = self._shown([n for n, mark in zip(span, marks, strict=True) if mark == _FRAME])
        late = self._late([n for n, mark in zip(span, marks, strict=True) if mark == _FATE])
        return Found(sorted([*others, *frames, *late]), bool(frames))

    def _shown(self, numbers: Sequence[int]) -> Sequence[int]:
        if self._carried is None or not numbers:
            return numbers
        has = self._carried.has
        events = self._journal.pick(numbers)
        return [event.n for event in events if type(event) is Frame and has(event)]

    def _late(self, numbers: Sequence[int]) -> list[int]:
        return [
            event.n
            for event in self._journal.pick(numbers)
            if type(event) is Fate and is_late(event) and self._is_ours(event)
        ]

    def _is_ours(self, fate: Fate) -> bool:
        if self._carried is None:
            return True
        n = self._index.frame(fate.id, fate.n)
        if n is None:
            return False
        known = self._member.get(n)
        if known is None:
            events = self._journal.read(n, n + 1)
            frame = events[0] if events else None
            known = self._member[n] = type(frame) is Frame and self._carried.has(frame)
        return known

    # As History wants them

    @property
    def first(self) -> int:
        """The oldest event of the journal that can still be read."""
        return self._journal.first

    def __len__(self) -> int:
        return len(self._journal)

    def read(self, start: int, stop: int) -> list[AnyEvent]:
        """Those in [start, stop), each frame followed by what became of it at once."""
        found = self.among(start, stop)
        if found.frames:
            return self._courses.with_fates(found.numbers)
        return self._journal.pick(found.numbers)


class LadderPast:
    """The events of the ladder in the whole of a journal, and the moments before any of them."""

    def __init__(self, journal: Readable, criteria: Filter, carried: Carried | None) -> None:
        self.journal = journal
        self.of = (criteria, carried)
        self.events = LadderEvents(journal, criteria, carried)
        self.history = History(self.events, Moment, _SPACING, _STEP, Moment.weight)
