"""Any moment of a lab: a fold over the journal with copies kept along the way.

Knows nothing of what is folded. A copy is made every thousand events or so, so that the state at
any event is a copy and a thousand steps away, and copies are thinned so that they stay few.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, Self, TypeVar

from socklab.events import AnyEvent
from socklab.journal.codec import BLOCK

SPACING = 1024
MOST_SPACING = 4096
"""Events applied between two copies, at first and at most: so many are decoded and applied in some
3 and 10 ms."""

SPARSE = 8
"""How many times as many may lie between two copies of a fold that needs few of them."""

MOST_COPIES = 256

MOST_ENTRIES = 500_000
"""What all copies may weigh together, where an entry is one of a table: some 20 MB, as far as they
share what stands in their tables."""

COPYING_SHARE = 0.25
"""A fold whose copy takes longer than this share of the applying between two is copied less."""

_MOST_REACHED = 4
_EVER = float("inf")


class Recorded(Protocol):
    """Events that are counted from 0: a journal, or some of the events of one."""

    @property
    def first(self) -> int:
        """The oldest that can still be read."""

    def __len__(self) -> int: ...

    def read(self, start: int, stop: int, /) -> Sequence[AnyEvent]:
        """The events [start, stop), as far as there are any and they are still kept."""


class Fold(Protocol):
    """A state that events change, one at a time and in order."""

    def apply(self, event: AnyEvent, /) -> object: ...
    def copy(self) -> Self: ...


F = TypeVar("F", bound=Fold)


class History(Generic[F]):
    """The states that `make_fold()`, an empty state, goes through as the journal's events apply.

    A copy is kept every `spacing` events at first; the journal is asked for `step` at a time, of
    which it may leave out what the fold doesn't need. `weigh` tells how many entries a copy has,
    where that may be many. Of one thread. Events that a journal in memory has dropped are skipped.
    """

    def __init__(
        self,
        journal: Recorded,
        make_fold: Callable[[], F],
        spacing: int = SPACING,
        step: int = BLOCK,
        weigh: Callable[[F], int] | None = None,
    ) -> None:
        self._journal = journal
        self._head = make_fold()
        self._ready = 0
        self._numbers = [0]
        self._copies = [self._head.copy()]
        self._weights = [0]
        self._weigh = weigh
        self._spacing = spacing
        self._step = step
        self._applying = 0.0  # seconds since the last copy
        self._applied = 0  # events since the last copy
        # Where somebody was lately: stepping forward from there is cheaper than from a copy.
        self._reached: list[tuple[int, F]] = []
        self._on_the_way: tuple[int, F] | None = None

    @property
    def ready(self) -> int:
        """Up to how many events any moment can be had at once; `advance` moves it on."""
        return self._ready

    def advance(self, seconds: float = 0.005) -> bool:
        """Goes on for about `seconds`; True once it has caught up with the journal."""
        deadline = time.perf_counter() + seconds
        size = len(self._journal)
        while self._ready < size:
            begun = time.perf_counter()
            stop = min(self._next(self._ready), size)
            self._applied += self._apply(self._head, self._ready, stop)
            self._ready = stop
            now = time.perf_counter()
            self._applying += now - begun
            passed = stop - self._numbers[-1]
            if max(self._applied, passed / SPARSE) >= self._spacing:
                self._keep_copy()
            if now >= deadline:
                break
        return self._ready >= size

    def at(self, n: int) -> F:
        """The state after the first `n` events (0 is the empty one), the caller's to keep.

        Beyond `ready` it takes as long as it takes to apply what lies between.
        """
        n = max(0, min(n, len(self._journal)))
        self.reach(n, _EVER)
        return self._nearest(n)[1].copy()

    def reach(self, n: int, seconds: float) -> bool:
        """Goes from what is known to the state after the first `n` events for about `seconds`, and
        as far as nobody would notice; True once that can be had at no cost."""
        at, fold = self._nearest(n)
        if at == n:
            return True
        if self._on_the_way is None or fold is not self._on_the_way[1]:
            fold = fold.copy()
        deadline = time.perf_counter() + seconds
        near = at + SPACING
        while at < n:
            stop = min(self._next(at), n)
            self._apply(fold, at, stop)
            at = stop
            if at >= near and time.perf_counter() >= deadline:
                break
        self._on_the_way = (at, fold)
        if at < n:
            return False
        self._reached = [self._on_the_way, *self._reached[: _MOST_REACHED - 1]]
        self._on_the_way = None
        return True

    def _nearest(self, n: int) -> tuple[int, F]:
        """The latest known state at or before the first `n` events."""
        index = bisect_right(self._numbers, n) - 1
        known = [(self._numbers[index], self._copies[index]), (self._ready, self._head)]
        if self._on_the_way is not None:
            known.append(self._on_the_way)
        return max((at for at in (*self._reached, *known) if at[0] <= n), key=lambda at: at[0])

    def _keep_copy(self) -> None:
        begun = time.perf_counter()
        self._copies.append(self._head.copy())
        self._numbers.append(self._ready)
        self._weights.append(0 if self._weigh is None else self._weigh(self._head))
        copying = time.perf_counter() - begun
        if copying > self._applying * COPYING_SHARE:
            self._spacing = max(self._spacing, min(self._spacing * 2, MOST_SPACING))
        self._applying, self._applied = 0.0, 0
        while len(self._copies) > MOST_COPIES or (
            sum(self._weights) > MOST_ENTRIES and len(self._copies) > 2
        ):
            self._copies = self._copies[::2]
            self._numbers = self._numbers[::2]
            self._weights = self._weights[::2]
            self._spacing *= 2

    def _apply(self, fold: F, start: int, stop: int) -> int:
        """Applies the events [start, stop), as far as they are to be had; how many those were."""
        apply, count = fold.apply, 0
        start = max(start, self._journal.first)
        while start < stop:
            upto = min(self._next(start), stop)
            events = self._journal.read(start, upto)
            count += len(events)
            for event in events:
                apply(event)
            start = upto
        return count

    def _next(self, n: int) -> int:
        """Where the step ends that event `n` is in: on boundaries of blocks, where reading is
        cheapest."""
        return n - n % self._step + self._step
