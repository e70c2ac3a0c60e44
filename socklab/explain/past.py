"""Looking back in a journal for the call that explains another."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from itertools import compress

from socklab.events import Call
from socklab.explain.case import Fits
from socklab.journal import Readable

STEP = 16_384
"""Events looked through between two looks at the clock."""

PATIENCE = 0.03
"""Seconds after which what hasn't been found isn't looked for any further."""


class JournalPast:
    """The calls of `journal` before event `before`: a `Past`. All its searches together take at
    most about `seconds`; after that they find nothing, and `complete` is False."""

    def __init__(self, journal: Readable, before: int, seconds: float = PATIENCE) -> None:
        self._journal = journal
        self._before = before
        self._left = seconds
        self.complete = journal.first == 0

    def last(
        self,
        names: Collection[str],
        *,
        sock: int | None = None,
        program: str | None = None,
        fits: Fits | None = None,
    ) -> Call | None:
        """The newest of these `names`, on that socket, by that program, that `fits`."""
        begun = time.perf_counter()
        found = None
        for n in self._numbers(frozenset(names), sock, program, begun + self._left):
            event = next(iter(self._journal.read(n, n + 1)), None)
            if isinstance(event, Call) and (fits is None or fits(event)):
                found = event
                break
        self._left -= time.perf_counter() - begun
        return found

    def _numbers(
        self, names: frozenset[str], sock: int | None, program: str | None, deadline: float
    ) -> Iterator[int]:
        """The numbers of the calls that may be meant, newest first, as far as there is time."""
        columns = self._journal.columns
        stop = min(self._before, columns.count)
        while stop > self._journal.first:
            if time.perf_counter() >= deadline:
                self.complete = False
                return
            start, kinds, socks = columns.slice(max(0, stop - STEP), stop)
            if not kinds:
                return
            wanted = frozenset(
                number
                for number, kind in enumerate(columns.table)
                if kind.type is Call
                and kind.call in names
                and (program is None or kind.program == program)
            )
            span = range(start, start + len(kinds))
            for n in reversed(list(compress(span, map(wanted.__contains__, kinds)))):
                if sock is None or socks[n - start] == sock:
                    yield n
                    if time.perf_counter() >= deadline:
                        self.complete = False
                        return
            stop = start
