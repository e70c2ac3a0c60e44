"""Which events a filter lets through, found newest first and in bounded steps.

Knows the columns and, for a search in the text, asks its caller how an event reads. It has no
thread and no clock but the one that ends a step.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress

from socklab.events import AnyEvent, Call, Event, State
from socklab.journal.codec import BLOCK
from socklab.journal.columns import Kind
from socklab.journal.readable import Readable, ReadableColumns

STEP = 16_384
"""Events scanned between two looks at the clock: under 1 ms with the columns."""

_FEW, _RARE = 8, 32
"""So many sockets are looked for one by one, if no more than every so many-th event is theirs."""

Rendering = Callable[[AnyEvent], str]
Test = Callable[[AnyEvent], bool]

_MAKING = frozenset({"socket", "setsockopt", "bind", "listen", "close"})
"""The calls that make a listening socket what it is, and end it."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What an event must meet: every criterion that is given (None: any will do).

    `calls` are the names of system calls, of which both the `Call` and the `Wait` match. `socks`
    also lets through the `accept` that a socket came from. Of the `listeners`, which are asked for
    beside `socks`, only what made them listen passes, and what ended them. `errors_only` means
    failed calls and the lab's own notes of that level. `text` is searched for, in any case, in the
    event's text.
    """

    types: frozenset[type[Event]] | None = None
    programs: frozenset[str] | None = None
    calls: frozenset[str] | None = None
    socks: frozenset[int] | None = None
    listeners: frozenset[int] = frozenset()
    errors_only: bool = False
    text: str = ""

    def admits(self, kind: Kind) -> bool:
        """Whether events of this kind meet all criteria but `socks` and `text`."""
        return (
            _meets(kind.type, self.types)
            and _meets(kind.program, self.programs)
            and _meets(kind.call, self.calls)
            and (kind.error is not None or not self.errors_only)
        )


def _makes(kind: Kind) -> bool:
    return kind.type is State or (kind.type is Call and kind.call in _MAKING)


def _meets(value: object, wanted: Collection[object] | None) -> bool:
    return wanted is None or value in wanted


class Selection:
    """The numbers of a journal's events that `filter` lets through, oldest first.

    Begins at the journal's end: `extend_back` finds older ones, `extend` those that have come
    since. A UI shows what there is after the first `extend_back` and calls both from a timer; to
    cancel, it stops calling. `older` counts what was found backwards, so that the index of an
    event less `older` stays the same while more are found. Of one thread.

    `render` is needed for a filter with a text only; it is called once for each event that meets
    the other criteria. So is `test`, where one is given: it has the last word.
    """

    def __init__(
        self,
        journal: Readable,
        criteria: Filter,
        render: Rendering | None = None,
        test: Test | None = None,
    ) -> None:
        if criteria.text and render is None:
            raise ValueError("a search in the text needs a rendering")
        self.filter = criteria
        self._journal = journal
        self._render = render
        self._test = test
        self._text = criteria.text.casefold()
        # By the number of a kind: whether the filter admits it. Grows with the columns' table.
        self._admitted: list[bool] = []
        self._mask = 0  # a bit for each kind that is admitted
        self._newer = array("Q")
        self._older = array("Q")  # newest first, so that older ones are appended
        self._begin = self._end = journal.columns.count  # what was scanned: [_begin, _end)

    def __len__(self) -> int:
        return len(self._older) + len(self._newer)

    def __getitem__(self, index: int) -> int:
        """The number of the event at `index` (0 is the oldest found); negative from the end."""
        older = len(self._older)
        if index < 0:
            index += older + len(self._newer)
        if index < 0:
            raise IndexError(index)
        return self._older[older - 1 - index] if index < older else self._newer[index - older]

    def __iter__(self) -> Iterator[int]:
        yield from reversed(self._older)
        yield from self._newer

    @property
    def older(self) -> int:
        """How many were found backwards, from where the journal ended when this was made."""
        return len(self._older)

    @property
    def complete(self) -> bool:
        """Whether everything before the newest has been scanned."""
        return self._begin <= self._journal.first

    @property
    def behind(self) -> int:
        """How many events have come since that were not scanned yet."""
        return self._journal.columns.count - self._end

    def index(self, n: int) -> int:
        """The index of event `n`, or of the first one found after it (`len` if there is none)."""
        return bisect_left(self, n)

    def extend(self, seconds: float = 0.005) -> bool:
        """Scans what has come since, for about `seconds`; True once there is nothing more."""
        self._forget_dropped()
        columns = self._journal.columns
        deadline = time.perf_counter() + seconds
        while self._end < columns.count:
            # On block boundaries, where reading is cheapest.
            step = self._step_over(columns, self._end, self._end + STEP)
            stop = min(self._end - self._end % BLOCK + step, columns.count)
            self._newer.extend(self._scan(columns, self._end, stop))
            self._end = stop
            if time.perf_counter() >= deadline:
                break
        return self._end >= columns.count

    def extend_back(self, seconds: float = 0.005, rows: int | None = None) -> bool:
        """Scans backwards for about `seconds`, or until `rows` more are found.

        True once it has reached the oldest event.
        """
        self._forget_dropped()
        columns = self._journal.columns
        deadline = time.perf_counter() + seconds
        enough = None if rows is None else len(self._older) + rows
        while not self.complete:
            start = self._begin - self._step_over(columns, self._begin - STEP, self._begin)
            start = max(start + -start % BLOCK, self._journal.first)
            self._older.extend(reversed(self._scan(columns, start, self._begin)))
            self._begin = start
            if time.perf_counter() >= deadline or (enough and len(self._older) >= enough):
                break
        return self.complete

    def among(self, start: int, stop: int) -> Sequence[int]:
        """Those numbers in [start, stop), ascending, whatever has been found so far."""
        return self._scan(self._journal.columns, start, stop)

    def _step_over(self, columns: ReadableColumns, start: int, stop: int) -> int:
        """How far to go in [start, stop): a little way where events may have to be read."""
        self._learn_kinds(columns)
        present = columns.present(max(start, 0), stop)
        return STEP if present is not None and not present & self._mask else self._step()

    def _step(self) -> int:
        return BLOCK if self._text or self._test else STEP

    def _scan(self, columns: ReadableColumns, start: int, stop: int) -> Sequence[int]:
        """The numbers in [start, stop) that match, ascending."""
        self._learn_kinds(columns)
        present = columns.present(start, stop)
        if present is not None and not present & self._mask:
            return ()
        start, kinds, socks = columns.slice(start, stop)
        span = range(start, start + len(kinds))
        found: Sequence[int]
        if self.filter.socks is not None:
            found = self._of_sockets(columns, span, kinds, socks)
        elif present is not None and not present & ~self._mask:
            found = span
        else:
            found = list(compress(span, map(self._admitted.__getitem__, kinds)))
        if self._text and found:
            found = self._with_text(found)
        if self._test is None or not found:
            return found
        return [event.n for event in self._journal.pick(found) if self._test(event)]

    def _of_sockets(
        self, columns: ReadableColumns, span: range, kinds: array[int], socks: array[int]
    ) -> list[int]:
        wanted = self.filter.socks or frozenset()
        numbers = set(_of(wanted, span, socks))
        numbers.update(n for sock in wanted if (n := columns.born.get(sock, -1)) in span)
        if self.filter.listeners:
            table = columns.table
            found = _of(self.filter.listeners, span, socks)
            numbers.update(n for n in found if _makes(table[kinds[n - span.start]]))
        return sorted(n for n in numbers if self._admitted[kinds[n - span.start]])

    def _learn_kinds(self, columns: ReadableColumns) -> None:
        for number in range(len(self._admitted), len(columns.table)):
            admits = self.filter.admits(columns.table[number])
            self._admitted.append(admits)
            self._mask |= admits << number

    def _with_text(self, numbers: Sequence[int]) -> list[int]:
        assert self._render is not None
        start = numbers[0]
        events = self._journal.read(start, numbers[-1] + 1)
        # A journal in memory may have dropped the oldest meanwhile.
        start = events[0].n if events else start
        render, text = self._render, self._text
        return [n for n in numbers if n >= start and text in render(events[n - start]).casefold()]

    def _forget_dropped(self) -> None:
        first = self._journal.first
        while self._older and self._older[-1] < first:
            self._older.pop()
        if self._newer and self._newer[0] < first:
            del self._newer[: bisect_left(self._newer, first)]
        self._begin = max(self._begin, min(first, self._end))
        self._end = max(self._end, first)


def _of(wanted: frozenset[int], span: range, socks: array[int]) -> Iterator[int]:
    """The numbers in `span` of the events that are about these sockets; `socks` are those of all.

    A rare one is found among the bytes, which is many times faster than to look at each.
    """
    if len(wanted) > _FEW:
        return compress(span, map(wanted.__contains__, socks))
    raw, size = socks.tobytes(), socks.itemsize
    patterns = [array(socks.typecode, [sock]).tobytes() for sock in wanted]
    if sum(map(raw.count, patterns)) > len(socks) // _RARE:
        return compress(span, map(wanted.__contains__, socks))
    return (
        span[at // size] for pattern in patterns for at in _places(raw, pattern) if not at % size
    )


def _places(raw: bytes, pattern: bytes) -> Iterator[int]:
    at = raw.find(pattern)
    while at >= 0:
        yield at
        at = raw.find(pattern, at + 1)
