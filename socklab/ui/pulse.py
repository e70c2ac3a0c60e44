"""When the screen draws: soon after something has happened, never more often than a frame.

While nothing happens nothing runs: the journal calls once, after its next event, and the frame
that follows waits for the next call. However many events there are, a frame is a frame.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from time import monotonic, thread_time

from socklab.ui.follower import Follower

FRAME = 1 / 15
"""Seconds from one frame to the next while much happens."""

GATHER = 0.01
"""Seconds from an event to its frame: what follows from it at once is drawn with it, and not with
the next."""

BUDGET = 0.012
"""Seconds that a frame may spend on reading the journal."""

FLOOD = 1_000
"""Events since the last frame from which on the screen makes room for those that cause them."""

SLOWEST = 0.5
"""Seconds from one frame to the next in any flood."""

HURRY = 0.5
"""Seconds for which frames come quickly after somebody has asked for something."""


class Pulse:
    """Has `draw` called after the follower has read on: by `post`, in the screen's own turn, so
    that what goes wrong there is noticed.

    `draw` does its work in steps. In a flood each has a turn of its own, so that a key need not
    wait for all of them, and the next one gives way to what comes of a key: `answering` tells for
    how many seconds.
    """

    def __init__(
        self,
        follower: Follower,
        draw: Callable[[], Iterator[None]],
        post: Callable[[Callable[[], None]], object],
        answering: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._follower = follower
        self._draw = draw
        self._post = post
        self._answering = answering
        self._loop = asyncio.get_running_loop()
        self._last = 0.0
        self._pause = FRAME
        self._hurry_until = 0.0
        self._spent = thread_time()
        self._due: asyncio.TimerHandle | None = None
        self._steps: Iterator[None] | None = None  # what is left of a frame in a flood
        self._again = False
        self._stopped = False

    def stop(self) -> None:
        """Draw no more."""
        self._stopped = True
        if self._due is not None:
            self._due.cancel()

    def beat(self, least: float = 0.0) -> None:
        """A frame is wanted: now, or after the `least` time (s), or as soon as the last one is long
        enough ago."""
        if self._steps is not None:
            self._again = True
        elif self._due is None and not self._stopped:
            now = monotonic()
            pause = FRAME if now < self._hurry_until else self._pause
            wait = max(least, self._last + pause - now)
            self._due = self._loop.call_later(wait, self._post, self._frame)

    def hurry(self) -> None:
        """Somebody has asked for something, and wants to see what comes of it even in a flood."""
        self._hurry_until = monotonic() + HURRY
        self._steps = None
        if self._due is not None:
            self._due.cancel()
            self._due = None
        self.beat(GATHER)

    def _frame(self, gave_way: bool = False) -> None:
        self._due = None
        if self._stopped:
            return
        if self._pause > FRAME and not gave_way and (left := self._to_give_way()) > 0:
            self._due = self._loop.call_later(left, self._post, partial(self._frame, True))
            return
        before = self._follower.position
        self._follower.advance(BUDGET)
        events = self._follower.position - before
        steps = self._draw()
        if events < FLOOD:
            deque(steps, maxlen=0)
            self._over(events)
        else:
            self._steps, self._again = steps, False
            self._next(steps, events)

    def _to_give_way(self) -> float:
        """Seconds; none to who waits for this very frame."""
        return self._answering() if monotonic() >= self._hurry_until else 0.0

    def _next(self, steps: Iterator[None], events: int, gave_way: bool = False) -> None:
        if self._stopped or steps is not self._steps:  # somebody was in a hurry
            return
        if not gave_way and (left := self._to_give_way()) > 0:
            self._loop.call_later(left, self._post, partial(self._next, steps, events, True))
            return
        try:
            next(steps)
        except StopIteration:
            self._steps = None
            self._over(events)
            if self._again:
                self.beat()
        else:
            # Posted at once it would be done at once, before a key that waits.
            self._loop.call_soon(self._post, partial(self._next, steps, events))

    def _over(self, events: int) -> None:
        self._last = monotonic()
        self._pause = self._pace(events)
        self._wait_for_more()

    def _pace(self, events: int) -> float:
        """Seconds until the next frame may come. What the last one took is known with this one:
        most of it is spent after `draw`, where the screen is composed."""
        spent, self._spent = thread_time() - self._spent, thread_time()
        return FRAME if events < FLOOD else min(max(FRAME, spent / self._follower.share), SLOWEST)

    def _wait_for_more(self) -> None:
        self._follower.journal.watch(self._called)
        if self._follower.behind:
            self.beat()

    def _called(self) -> None:
        """From the thread that wrote."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: the screen is gone
            self._loop.call_soon_threadsafe(self.beat, GATHER)
