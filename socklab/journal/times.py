"""When each event of a journal was over: how a recording is found again by time.

A call's `t` is when it began, but it is recorded when it has returned; so what there was to see
at a moment are the events that were over by then, and those are the first ones of the journal.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from socklab.events import AnyEvent, Call

if TYPE_CHECKING:
    from socklab.journal.readable import Readable

LONG = 2_000_000_000
"""From so long on (ns) nothing happening is a pause."""

LATEST = (1 << 63) - 1
"""The latest time that there is."""

_STEP = 512
"""Events between two looks at the clock."""


def over(event: AnyEvent) -> int:
    """When an event was over (ns since the epoch), so that it could be recorded."""
    ended = event.t + event.duration if isinstance(event, Call) else event.t
    return min(ended, LATEST)


class Times:
    """When the events [0, ready) were over (ns since the epoch), never earlier than those before.

    Found a bit at a time by `advance`, 8 bytes an event. `pauses` are the stretches without an
    event, as far as each is longer than LONG: since when (ns since the epoch) and for how long
    (ns). An event that bears no time, such as one that can't be read back, has that of the one
    before. Of one thread.
    """

    def __init__(self, journal: Readable) -> None:
        self._journal = journal
        self._over = array("q")
        self.begin = 0
        """When the first event was over; 0 as long as none is known."""
        self.pauses: list[tuple[int, int]] = []

    @property
    def ready(self) -> int:
        """How many events have been looked at."""
        return len(self._over)

    def advance(self, seconds: float = 0.005, upto: int | None = None) -> bool:
        """Goes on for about `seconds`, to event `upto` at most; True once nothing is left."""
        deadline = time.perf_counter() + seconds
        size = len(self._journal) if upto is None else min(upto, len(self._journal))
        while (start := self.ready) < size:
            self._take(start, min(start + _STEP, size))
            if time.perf_counter() >= deadline:
                break
        return self.ready >= size

    def _take(self, start: int, stop: int) -> None:
        known = self._over
        last = known[-1] if known else 0
        ended = self._journal.ended(start, stop)
        # A journal in memory may have let go of the oldest.
        known.extend([last] * (stop - start - len(ended)))
        begin = len(known)
        known.extend(accumulate(ended, max, initial=last))
        del known[begin]
        if not last or known[-1] - last > LONG:
            self._note(last, known[begin:])

    def _note(self, last: int, known: array[int]) -> None:
        """Among these are the first, or pauses."""
        for ended in known:
            if not last:
                self.begin = ended
            elif ended - last > LONG:
                self.pauses.append((last + LONG, ended - last - LONG))
            last = ended

    @property
    def end(self) -> int:
        """When the last event was over, as far as that is known."""
        return max(self.at(self.ready), self.at(len(self._journal)))

    def at(self, count: int) -> int:
        """When the first `count` events were over; when the first was, if that is later."""
        count = min(count, len(self._journal))
        if 0 < count <= self.ready:
            return max(self._over[count - 1], self.begin)
        newest = self._journal.ended(count - 1, count) if count > 0 else ()
        return max([self.begin, *newest])

    def count(self, t: int) -> int:
        """How many events were over at `t`, of those that have been looked at."""
        return bisect_right(self._over, t)
