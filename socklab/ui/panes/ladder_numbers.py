"""Which events a ladder shows: those of its sockets by the columns, frames by what is in them."""

from __future__ import annotations

from collections.abc import Sequence

from textual.cache import LRUCache

from socklab.events import Fate, Frame
from socklab.journal import Filter, FrameIndex, Readable, Selection, read_chosen
from socklab.journal.readable import ReadableColumns
from socklab.model.ladder_carried import Carried
from socklab.model.ladder_rows import is_late

_STEP = 1024
"""Events looked through between two looks at the clock, where frames are among them."""

_FRAME, _FATE = 1, 2


class LadderNumbers(Selection):
    """The numbers of the events that have a row in the ladder.

    Those that `criteria` let through, and of the frames those that `carried` has (None: all of
    them), each with the fate that it came to late. `frames_found`: there are such frames.
    """

    def __init__(
        self, journal: Readable, criteria: Filter, carried: Carried | None, index: FrameIndex
    ) -> None:
        super().__init__(journal, criteria)
        self._readable = journal
        self._carried = carried
        self._index = index
        self.frames_found = False
        self._marks: list[int] = []  # by the number of a kind: whether it is of frames or fates
        self._member: LRUCache[int, bool] = LRUCache(8192)  # by a frame's event

    def _step(self) -> int:
        return _STEP if _FRAME in self._marks else super()._step()

    def _scan(self, columns: ReadableColumns, start: int, stop: int) -> list[int]:
        found = super()._scan(columns, start, stop)
        for kind in columns.table[len(self._marks) :]:
            self._marks.append({Frame: _FRAME, Fate: _FATE}.get(kind.type, 0))
        if _FRAME not in self._marks:
            return found
        start, kinds, _about = columns.slice(start, stop)
        marks = list(map(self._marks.__getitem__, kinds))
        span = range(start, start + len(marks))
        frames = self._shown([n for n, mark in zip(span, marks, strict=True) if mark == _FRAME])
        fates = [n for n, mark in zip(span, marks, strict=True) if mark == _FATE]
        if not frames and not fates:
            return found
        self.frames_found = self.frames_found or bool(frames)
        return sorted([*found, *frames, *self._late(fates)])

    def _shown(self, numbers: Sequence[int]) -> Sequence[int]:
        if self._carried is None or not numbers:
            return numbers
        has = self._carried.has
        events = read_chosen(self._readable, numbers)
        return [event.n for event in events if type(event) is Frame and has(event)]

    def _late(self, numbers: Sequence[int]) -> list[int]:
        return [
            event.n
            for event in read_chosen(self._readable, numbers)
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
            events = self._readable.read(n, n + 1)
            frame = events[0] if events else None
            known = self._member[n] = type(frame) is Frame and self._carried.has(frame)
        return known
