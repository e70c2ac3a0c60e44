"""Waiting for what `expect` expects: until the journal says so, or the time for it is over.

On the engine's thread. The journal is read when it has grown; for a state or a queue the sockets
are looked at meanwhile, again and again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable

from socklab.i18n import _
from socklab.journal import Journal
from socklab.lab.commands import ExpectQueue, ExpectState
from socklab.lab.environment import Environment
from socklab.lab.expectations import Expect, Expectations
from socklab.lab.observer import Observer
from socklab.lab.settling import Settling

_LOOK_AGAIN = 0.02  # seconds between looks while an expectation waits for a state


class Awaiting:
    """Waits for a session's expectations. `observers` gives those of all hosts."""

    def __init__(
        self, env: Environment, settling: Settling, observers: Callable[[], Iterable[Observer]]
    ) -> None:
        self._env = env
        self._settling = settling
        self._observers = observers
        self._growth = _Growth(env.journal, env.loop)
        self._expectations: Expectations | None = None

    async def until(self, expected: Expect, n: int) -> str | None:
        """Until it holds: None; or else why it didn't within its time, noted as event `n`'s."""
        env, program = self._env, getattr(expected, "program", None)
        while self._settling.asking(program):  # the time isn't meant for that
            await self._settling.answered(program)
            await self._settling.settled()
        end = env.loop.time() + expected.within
        if self._expectations is None:
            self._expectations = Expectations(env.journal)
        by_look = isinstance(expected, ExpectState | ExpectQueue)
        while True:
            if by_look:
                for observer in self._observers():
                    await env.loop.run_in_executor(None, observer.look_now)
            verdict = self._expectations.check(expected)
            left = end - env.loop.time()
            if verdict.holds:
                return None
            if left <= 0:
                break
            pause = min(left, _LOOK_AGAIN) if by_look else left
            await self._growth.beyond(self._expectations.position, pause)
        why = _("not so: {instead}", instead=verdict.instead)
        env.note(why, level="error", program=program, cause=n)
        return why


class _Growth:
    """Waits for a journal's next event."""

    def __init__(self, journal: Journal, loop: asyncio.AbstractEventLoop) -> None:
        self._journal = journal
        self._loop = loop
        self._grown = asyncio.Event()
        self._watching = False  # whether the journal is to tell of its next event

    async def beyond(self, seen: int, seconds: float) -> None:
        """Until the journal has more than the `seen` events, at most so long."""
        if not self._watching:
            self._watching = True
            self._grown.clear()
            self._journal.watch(self._tell)
        if len(self._journal) == seen:
            # Not wait_for: before Python 3.12 it loses a cancellation that comes with the growth.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._grown.wait()

    def _tell(self) -> None:
        self._loop.call_soon_threadsafe(self._has_grown)

    def _has_grown(self) -> None:
        self._watching = False
        self._grown.set()
