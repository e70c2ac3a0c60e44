"""Those events of a journal that a fold needs; its columns tell which to pass over unread."""

from __future__ import annotations

from collections.abc import Callable
from itertools import compress

from socklab.events import AnyEvent, Call, Note, Wait
from socklab.journal.columns import Kind
from socklab.journal.readable import Readable


class Relevant:
    """The events of `journal` whose kinds matter, to be folded.

    With `waits` so do the waits, and every call that a program has ever been blocked in: its return
    is what ends that; and the notes, which say what else one waits in.
    """

    def __init__(
        self, journal: Readable, matters: Callable[[Kind], bool], *, waits: bool = False
    ) -> None:
        self._journal = journal
        self._matters = matters
        self._waits = waits
        self._known: list[bool] = []
        self._mask = 0  # a bit for each kind that matters

    @property
    def first(self) -> int:
        """The oldest that can still be read."""
        return self._journal.first

    def __len__(self) -> int:
        return len(self._journal)

    def read(self, start: int, stop: int) -> list[AnyEvent]:
        """Those of the events [start, stop) that matter."""
        columns = self._journal.columns
        if len(columns.table) > len(self._known):
            self._learn(list(columns.table))
        present = columns.present(start, stop)
        if present is not None and not present & self._mask:
            return []
        first, kinds, _socks = columns.slice(start, stop)
        span = range(first, first + len(kinds))
        return self._journal.pick(list(compress(span, map(self._known.__getitem__, kinds))))

    def _learn(self, table: list[Kind]) -> None:
        blocked = {(kind.program, kind.call) for kind in table if kind.type is Wait}
        self._known = [
            self._matters(kind)
            or (self._waits and kind.type in (Call, Wait) and (kind.program, kind.call) in blocked)
            or (self._waits and kind.type is Note)
            for kind in table
        ]
        self._mask = sum(1 << number for number, matters in enumerate(self._known) if matters)
