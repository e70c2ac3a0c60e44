"""The beginning of a journal, as a journal that ends there: what was known at some moment.

Knows where it ends and at what time, and hides what came later. It only grows, as journals do, so
that whoever follows one can follow it: to go back, take another by `until`.
"""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from socklab.events import AnyEvent, Header
from socklab.journal.codec import BLOCK
from socklab.journal.columns import Kind, distinct
from socklab.journal.readable import Readable, ReadableColumns
from socklab.journal.times import over


class Excerpt:
    """The first `end` events of `whole` (all that there are, if it has fewer).

    `now()` is `time` (ns since the epoch) where that was said, else when its last event was over.
    """

    def __init__(self, whole: Readable, end: int, time: int | None = None) -> None:
        self.whole = whole
        self.end = end
        self.time = time
        self._lock = threading.Lock()
        self._watchers: list[Callable[[], None]] = []
        self._appeared = _Appearances(whole)

    def until(self, end: int, time: int | None = None) -> Excerpt:
        """Another excerpt of the same journal."""
        other = Excerpt(self.whole, end, time)
        other._appeared = self._appeared
        return other

    def extend(self, end: int, time: int | None = None) -> None:
        """Ends later now, or no earlier: at the first `end` events, and at `time`.

        Those who watch are told if there are more events. Raises ValueError for an earlier end.
        """
        if end < self.end:
            raise ValueError("an excerpt only grows")
        more = end > self.end
        self.end, self.time = end, time
        if more:
            with self._lock:
                watchers, self._watchers = self._watchers, []
            for callback in watchers:
                callback()

    # As a journal

    @property
    def header(self) -> Header:
        """The whole journal's."""
        return self.whole.header

    @property
    def path(self) -> Path | None:
        """Where the whole journal is."""
        return self.whole.path

    @property
    def recording(self) -> str:
        """See `Journal`."""
        return self.whole.recording

    @property
    def damage(self) -> str | None:
        """Where the whole journal is damaged."""
        return self.whole.damage

    @property
    def indexed(self) -> bool:
        """Whether all of the whole journal has been found."""
        return self.whole.indexed

    @property
    def first(self) -> int:
        """The oldest event that can still be read."""
        return self.whole.first

    @property
    def lost(self) -> int:
        """See `Journal`."""
        return self.whole.lost

    @property
    def columns(self) -> ReadableColumns:
        """Kind and socket of every event in it."""
        return _Columns(self.whole.columns, len(self), self._appeared)

    def now(self) -> int:
        """The time (ns since the epoch) that the excerpt ends at; 0 for one without events."""
        if self.time is not None:
            return self.time
        end = len(self)
        return over(self.whole[end - 1]) if end > self.first else 0

    def watch(self, callback: Callable[[], None]) -> None:
        """Calls `callback` once, when there are more events; while the whole journal is still
        being found, when that has more."""
        if not self.whole.indexed:
            self.whole.watch(callback)
            return
        with self._lock:
            self._watchers.append(callback)

    def __len__(self) -> int:
        return min(self.end, len(self.whole))

    def __getitem__(self, n: int) -> AnyEvent:
        size = len(self)
        if n < 0:
            n += size
        if not self.first <= n < size:
            raise IndexError(n)
        return self.whole[n]

    def __iter__(self) -> Iterator[AnyEvent]:
        size = len(self)
        for start in range(self.first, size, BLOCK):
            yield from self.read(start, min(start + BLOCK, size))

    def read(self, start: int, stop: int) -> list[AnyEvent]:
        """The events [start, stop), as far as they are in it and still kept."""
        return self.whole.read(start, min(stop, len(self)))

    def pick(self, numbers: Sequence[int]) -> list[AnyEvent]:
        """The events with these numbers, ascending, as far as they are in it and still kept."""
        return self.whole.pick(numbers[: bisect_left(numbers, len(self))])

    def ended(self, start: int, stop: int) -> Sequence[int]:
        """When the events [start, stop) were over, as far as they are in it: see `Journal`."""
        return self.whole.ended(start, min(stop, len(self)))


def whole(journal: Readable) -> Readable:
    """The journal that an excerpt is of; any other one as it is."""
    return journal.whole if isinstance(journal, Excerpt) else journal


class _Columns:
    """Columns up to event `count`. `table` may hold kinds that come later: it is looked up in."""

    def __init__(self, whole: ReadableColumns, count: int, appeared: _Appearances) -> None:
        self._whole = whole
        self._appeared = appeared
        self.count = min(count, whole.count)

    @property
    def first(self) -> int:
        return self._whole.first

    @property
    def table(self) -> Sequence[Kind]:
        return self._whole.table

    @property
    def born(self) -> Mapping[int, int]:
        return _Born(self._whole.born, self.count)

    def slice(self, start: int, stop: int) -> tuple[int, array[int], array[int]]:
        return self._whole.slice(start, min(stop, self.count))

    def kind(self, n: int) -> Kind:
        return self._whole.kind(n)

    def sock(self, n: int) -> int | None:
        return self._whole.sock(n)

    def present(self, start: int, stop: int) -> int | None:
        return self._whole.present(start, stop)

    def programs(self) -> list[str]:
        return distinct(kind.program for kind in self._appeared.until(self.count))

    def calls(self) -> list[str]:
        return distinct(kind.call for kind in self._appeared.until(self.count))


class _Appearances:
    """The event with which each kind appeared. Kinds are numbered in that order."""

    def __init__(self, journal: Readable) -> None:
        self._journal = journal
        self._numbers: list[int] = []

    def until(self, end: int) -> Sequence[Kind]:
        """The kinds that had appeared before event `end`."""
        columns = self._journal.columns
        if len(self._numbers) < len(columns.table):
            self._find(columns)
        return columns.table[: bisect_left(self._numbers, end)]

    def _find(self, columns: ReadableColumns) -> None:
        numbers = self._numbers
        first, kinds, _socks = columns.slice(numbers[-1] if numbers else 0, columns.count)
        for kind in range(len(numbers), len(columns.table)):
            at = numbers[-1] - first if numbers and numbers[-1] > first else 0
            try:
                numbers.append(first + kinds.index(kind, at))
            except ValueError:
                if not first:
                    return  # it is being taken in just now
                numbers.append(first)  # the journal has let go of it


class _Born(Mapping[int, int]):
    """The births of sockets before event `end`."""

    def __init__(self, whole: Mapping[int, int], end: int) -> None:
        self._whole = whole
        self._end = end

    def __getitem__(self, sock: int) -> int:
        n = self._whole[sock]
        if n >= self._end:
            raise KeyError(sock)
        return n

    def __iter__(self) -> Iterator[int]:
        # A copy: the journal may go on finding births meanwhile.
        return (sock for sock, n in list(self._whole.items()) if n < self._end)

    def __len__(self) -> int:
        return sum(1 for _sock in self)
