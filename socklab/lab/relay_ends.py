"""The two connections that a relay has for each client of its: one from it, one to the target.

All on the engine's thread. Back-pressure goes through: what one side doesn't take isn't read from
the other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from socklab.events import Address
from socklab.lab.caller import named
from socklab.lab.calls import Calls
from socklab.lab.descriptors import Descriptors
from socklab.lab.driven import CHUNK, RECV, DrivenSocket
from socklab.lab.environment import Environment
from socklab.lab.options import OPTIONS
from socklab.lab.relay_flow import Flow
from socklab.lab.traced import Driven, TracedSocket
from socklab.model.tcp_life import BEGUN

_SECOND = 1_000_000_000


class Both(Protocol):
    """What an end tells, and asks of, the two together."""

    def allowed(self, piece: memoryview) -> memoryview:
        """As much of what is due as may go."""

    def carried(self, size: int) -> None:
        """So many bytes went on, one way or the other."""

    def shut(self) -> None:
        """An end has sent its FIN, as the other one has received one."""

    def broke(self, end: End) -> None:
        """This end's connection was reset, or is dead."""


class Dialling(DrivenSocket):
    """A socket towards the target until it is connected; `decided` is given its error then, "0"
    for none."""

    def __init__(
        self,
        env: Environment,
        descriptors: Descriptors,
        sock: TracedSocket,
        address: Address,
        calls: Calls,
        decided: Callable[[str], None],
    ) -> None:
        super().__init__(env, descriptors, sock, Driven.RELAYING, calls.caller.cause)
        self._address = address
        self._calls = calls
        self._decided = decided

    def begin(self) -> None:
        """Connect, without waiting for it."""
        outcome = self._calls.connect(named(self.sock), self._address)
        if outcome.error in BEGUN:
            self.watch(read=False, write=True)
        else:
            self._decided(outcome.error or "0")

    def writable(self) -> None:
        self.let_go()
        outcome = self._calls.getsockopt(named(self.sock), OPTIONS["error"])
        self._decided(str(outcome.value))


class End(DrivenSocket):
    """One of the two. What it receives goes into the `flow` of the `other`, which sends it; `shut`:
    it has sent its FIN."""

    other: End

    def __init__(
        self,
        env: Environment,
        descriptors: Descriptors,
        sock: TracedSocket,
        flow: Flow,
        both: Both,
        cause: int,
    ) -> None:
        super().__init__(env, descriptors, sock, Driven.RELAYING, cause)
        self.flow = flow
        self.shut = False
        self._both = both
        self._finished = False
        self._watched = (False, False)
        self._alarm: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Relay from now on."""
        self.attend()

    def writable(self) -> None:
        self.pump()

    def readable(self) -> None:
        if not self._watched[0]:
            return
        t = self.now()
        try:
            data = self.sock.real.recv(CHUNK)
        except OSError as error:
            self.record("recv", t, RECV, error=error)
            if not isinstance(error, BlockingIOError):
                self._both.broke(self)
            return
        n = self.record("recv", t, RECV, len(data), data=data[: self.snap], size=len(data))
        if data:
            self.other.flow.came(data, t, n)
        else:
            self._finished = True
            self.other.flow.finish(t)
            self.env.observer.nudge(self.sock)
        self.other.pump()
        self.attend()

    def pump(self) -> None:
        """Send what is due, in one call, and our FIN once that is due."""
        if self.over:
            return
        now = self.now()
        piece = self._both.allowed(self.flow.due(now))
        if piece and not self._send(piece):
            return
        if self.flow.ended(now) and not self.shut:
            self.shut = True
            self.shutdown()
            self._both.shut()
        self.attend()
        self.other.attend()

    def _send(self, piece: memoryview) -> bool:
        """One send(2); False where the connection ended with it."""
        t = self.now()
        taken: int | None = None
        failed: OSError | None = None
        try:
            taken = self.sock.real.send(piece)
        except OSError as error:
            failed = error
        self.record(
            "send",
            t,
            ("0",),
            taken,
            failed,
            self.flow.cause,
            data=bytes(piece[: self.snap]),
            size=len(piece),
        )
        if taken is not None:
            self.flow.went(taken, t)
            self._both.carried(taken)
        elif not isinstance(failed, BlockingIOError):
            self._both.broke(self)
        return not self.over

    def attend(self) -> None:
        """Be told when there is something to do: by the poller, or where it isn't time yet by a
        timer."""
        if self.over:
            return
        at = None if self.shut else self.flow.next_at
        left = 0 if at is None else at - self.now()
        wanted = (not self._finished and self.other.flow.has_room, at is not None and left <= 0)
        if wanted != self._watched:
            self._watched = wanted
            if any(wanted):
                self.watch(read=wanted[0], write=wanted[1])
            else:
                self.let_go()  # a broken connection is ready for ever, whatever is asked for
        if left > 0 and self._alarm is None:
            self._alarm = self.env.loop.call_later(left / _SECOND, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        self.pump()
