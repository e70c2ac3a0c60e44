"""Those events of a journal that a fold needs; its columns tell which to pass over unread."""

from __future__ import annotations

from collections.abc import Callable
from itertools import compress

from socklab.events import AnyEvent
from socklab.journal import Kind, Readable


class Relevant:
    """The events of `journal` whose kinds matter (and perhaps some others), to be folded."""

    def __init__(self, journal: Readable, matters: Callable[[Kind], bool]) -> None:
        self._journal = journal
        self._matters = matters
        self._known: list[bool] = []

    @property
    def first(self) -> int:
        """The oldest that can still be read."""
        return self._journal.first

    def __len__(self) -> int:
        return len(self._journal)

    def read(self, start: int, stop: int) -> list[AnyEvent]:
        """Those of the events [start, stop) that matter."""
        columns = self._journal.columns
        first, kinds, _socks = columns.slice(start, stop)
        self._known.extend(map(self._matters, columns.table[len(self._known) :]))
        numbers = list(
            compress(range(first, first + len(kinds)), map(self._known.__getitem__, kinds))
        )
        if len(numbers) > (stop - start) // 8:
            return self._journal.read(numbers[0], numbers[-1] + 1)
        return [event for n in numbers for event in self._journal.read(n, n + 1)]
