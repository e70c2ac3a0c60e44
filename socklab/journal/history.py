"""Any moment of a lab: a fold over the journal with copies kept along the way.

Knows nothing of what is folded. A copy is made every few thousand events, so that the state at any
event is a copy and a few thousand steps away, and copies are thinned so that they stay few.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, Self, TypeVar

from socklab.events import AnyEvent
from socklab.journal.codec import BLOCK

SPACING = 4096
MOST_SPACING = 8192
"""Events between two copies: so many are decoded and applied in some 20 ms."""

MOST_COPIES = 256

COPYING_SHARE = 0.25
"""A fold whose copy takes longer than this share of the applying between two is copied less."""


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

    A copy is kept every `spacing` events at first; `step` events are read at a time. Of one thread.
    Events that a journal in memory has dropped are skipped.
    """

    def __init__(
        self,
        journal: Recorded,
        make_fold: Callable[[], F],
        spacing: int = SPACING,
        step: int = BLOCK,
    ) -> None:
        self._journal = journal
        self._head = make_fold()
        self._ready = 0
        self._numbers = [0]
        self._copies = [self._head.copy()]
        self._spacing = spacing
        self._step = step
        self._applying = 0.0  # seconds since the last copy
        # Where `at` was last: stepping forward from there is cheaper than from a copy.
        self._last = (0, self._copies[0])

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
            stop = min(self._ready + self._step, size)
            _apply(self._head, self._journal, self._ready, stop)
            self._ready = stop
            now = time.perf_counter()
            self._applying += now - begun
            if stop - self._numbers[-1] >= self._spacing:
                self._keep_copy()
            if now >= deadline:
                break
        return self._ready >= size

    def at(self, n: int) -> F:
        """The state after the first `n` events (0 is the empty one), the caller's to keep.

        Beyond `ready` it takes as long as it takes to apply what lies between.
        """
        n = max(0, min(n, len(self._journal)))
        start, fold = self._nearest(n)
        fold = fold.copy()
        _apply(fold, self._journal, start, n)
        self._last = (n, fold)
        return fold.copy()

    def _nearest(self, n: int) -> tuple[int, F]:
        """The latest known state at or before the first `n` events."""
        index = bisect_right(self._numbers, n) - 1
        known = [(self._numbers[index], self._copies[index]), self._last, (self._ready, self._head)]
        return max((at for at in known if at[0] <= n), key=lambda at: at[0])

    def _keep_copy(self) -> None:
        begun = time.perf_counter()
        self._copies.append(self._head.copy())
        self._numbers.append(self._ready)
        copying = time.perf_counter() - begun
        if copying > self._applying * COPYING_SHARE:
            self._spacing = max(self._spacing, min(self._spacing * 2, MOST_SPACING))
        self._applying = 0.0
        if len(self._copies) > MOST_COPIES:
            self._copies = self._copies[::2]
            self._numbers = self._numbers[::2]
            self._spacing *= 2


def _apply(fold: Fold, journal: Recorded, start: int, stop: int) -> None:
    apply = fold.apply
    for begin in range(max(start, journal.first), stop, BLOCK):
        for event in journal.read(begin, min(begin + BLOCK, stop)):
            apply(event)
