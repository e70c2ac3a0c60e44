"""A program: an actor with a descriptor table and a thread of its own, as a process would have.

Its commands are carried out one after another on its thread; while one is blocked in a call the
next ones queue behind it. The queue and the program's phase live on the engine's thread, the calls
on the program's; the two speak through the loop and the inbox only.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from socklab.events import Program as ProgramEvent
from socklab.i18n import _
from socklab.kernel.threads import in_a_call, start_named
from socklab.lab.caller import Caller, Entered, named
from socklab.lab.calls import Calls
from socklab.lab.commands import Every
from socklab.lab.descriptors import Descriptors
from socklab.lab.driven import release
from socklab.lab.environment import Environment
from socklab.lab.service import Service
from socklab.lab.ticket import Status, Ticket

BLOCKED_AFTER = 0.02
"""Seconds after which a call that hasn't returned is recorded as blocked."""

_PATIENCE = 0.1  # seconds between attempts to wake a blocked call
_ATTEMPTS = 5


class Stopped(BaseException):
    """The program is to stop: unwinds what it was doing, past every handler of errors."""


class Program:
    """One program. All methods belong to the engine's thread, but where they say otherwise."""

    def __init__(
        self,
        name: str,
        env: Environment,
        carry_out: Callable[[Program, Ticket], None],
        on_change: Callable[[], None],
    ) -> None:
        self.name = name
        self.env = env
        self.descriptors = Descriptors()
        self.caller = Caller(env, name, self._entered, self._returned)
        self.calls = Calls(self.caller, self.descriptors)
        self.services: dict[int, Service] = {}
        self.on_close: dict[int, Callable[[], None]] = {}  # by a socket's number
        self.queue: deque[Ticket] = deque()
        self.dealt_with = 0  # commands that are over
        self.current: Ticket | None = None
        self.blocked = False
        self.asking: _Asking | None = None
        self.repeats: dict[Ticket, asyncio.Task[None]] = {}
        self.ended = threading.Event()
        self._carry_out = carry_out
        self._on_change = on_change
        self._inbox: queue.SimpleQueue[Ticket | None] = queue.SimpleQueue()
        self._record("started")
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        start_named(self._thread)

    @property
    def busy(self) -> bool:
        """It is doing something that will be over, or recorded as blocked, by itself."""
        return not self.blocked and (self.current is not None or any(self._repetitions()))

    @property
    def pending(self) -> list[Ticket]:
        """What it has still to do after the command of now: what is queued, and repetitions that
        aren't through."""
        return [*self.queue, *self._repetitions()]

    def _repetitions(self) -> Iterator[Ticket]:
        """Those that end by themselves."""
        for ticket in self.repeats:
            if isinstance(ticket.command, Every) and ticket.command.times is not None:
                yield ticket

    def submit(self, ticket: Ticket) -> None:
        """Carry it out as soon as what came before has been."""
        self.queue.append(ticket)
        self.go_on()

    def submit_again(self, ticket: Ticket) -> None:
        """One more of a repetition: before what is queued."""
        self.queue.appendleft(ticket)
        if self.current is None:
            self._begin(self.queue.popleft())

    def go_on(self) -> None:
        """Begin with what is next, if it is idle. A script's lines wait for its repetitions."""
        if self.current is not None or self.ended.is_set():
            return
        repeating = any(self._repetitions())
        for ticket in self.queue:
            if ticket.origin != "script" or not repeating:
                self.queue.remove(ticket)
                self._begin(ticket)
                return

    def withdraw(self, ticket: Ticket) -> bool:
        """Take back a ticket that still waits, or end a repetition; False where it's too late."""
        repetition = self.repeats.pop(ticket, None)
        if repetition is not None:
            repetition.cancel()
        elif ticket in self.queue:
            self.queue.remove(ticket)
        else:
            return False
        ticket.status = "withdrawn"
        text = _("withdrawn: {text}", text=ticket.text)
        self.env.note(text, level="warning", program=self.name, cause=ticket.n)
        return True

    async def stop(self, cause: int | None) -> None:
        """End the program: wake its call, close all that it has."""
        self.ended.set()
        for ticket in (*self.repeats, *self.queue):
            self.withdraw(ticket)
        self.env.pace.wake()
        self.caller.cause = cause
        woken = await self._wake()
        for sock in self.descriptors:
            release(self.env, sock)
        closed = await self._close_all(cause)
        if not (woken and closed):
            self.env.note(
                _(
                    "{program} is stuck in a call that nothing wakes: it is left behind",
                    program=self.name,
                ),
                level="warning",
                program=self.name,
                cause=cause,
            )
        self._inbox.put(None)
        self._record("stopped", cause)

    async def _wake(self) -> bool:
        for _attempt in range(_ATTEMPTS):
            if self.current is None:
                return True
            self.calls.cut()
            until = self.env.loop.time() + _PATIENCE
            while self.current is not None and self.env.loop.time() < until:
                await asyncio.sleep(0.001)
        return self.current is None

    async def _close_all(self, cause: int | None) -> bool:
        """Close every descriptor; False where one didn't return. close(2) may block (SO_LINGER):
        a thread does it, which is then left behind, and another closes the rest."""
        patience = _ATTEMPTS * _PATIENCE
        stuck = False
        while any(not sock.closed for sock in self.descriptors):
            closing = _Closing(self, cause)
            start_named(closing)
            while closing.is_alive() and closing.age <= patience:
                await asyncio.sleep(0.001)
            if closing.is_alive():
                closing.abandoned.set()
                stuck, patience = True, BLOCKED_AFTER
        return not stuck

    def _begin(self, ticket: Ticket) -> None:
        self.current = ticket
        ticket.status = "running"
        self._inbox.put(ticket)

    def _finished(self, ticket: Ticket, status: Status) -> None:
        ticket.status = status
        self.dealt_with += 1
        self.current = None
        self.blocked = False
        self.go_on()
        self._on_change()

    def _record(self, change: Literal["started", "stopped"], cause: int | None = None) -> None:
        journal = self.env.journal
        journal.append(
            ProgramEvent(
                t=journal.now(),
                program=self.name,
                cause=cause,
                change=change,
                host=self.env.host.name,
                addresses=self.env.host.addresses,
            )
        )

    # How the engine learns that a call blocks, or that an answer is long in coming.

    def _check(self, entered: Entered) -> None:
        if not entered.over and in_a_call(self._thread) is False:
            # A busy machine: the call hasn't begun, or has returned and can't say so yet.
            self.env.loop.call_later(BLOCKED_AFTER, self._check, entered)
            return
        if self.caller.block(entered) and self.current is not None:
            self.blocked = True
            self.current.status = "blocked"
            self._on_change()

    def _check_asking(self, asking: _Asking) -> None:
        if not asking.over and in_a_call(self._thread) is False:
            self.env.loop.call_later(BLOCKED_AFTER, self._check_asking, asking)
            return
        with asking.lock:
            if asking.over or self.current is None:
                return
            text = f"{asking.what} ..."
            self.env.note(text, program=self.name, cause=asking.cause, waits=asking.what)
        self.asking = asking
        self.blocked = True
        self.current.status = "blocked"
        self._on_change()

    def _answered(self, asking: _Asking) -> None:
        if self.asking is asking:
            self.asking = None
            self._unblocked()

    def _unblocked(self) -> None:
        self.blocked = False
        if self.current is not None:
            self.current.status = "running"
        self._on_change()

    # The program's own thread.

    def _entered(self, entered: Entered) -> None:
        self._tell(self.env.loop.call_later, BLOCKED_AFTER, self._check, entered)

    def _returned(self) -> None:
        self._tell(self._unblocked)

    @contextlib.contextmanager
    def waiting(self, what: str, cause: int) -> Iterator[None]:
        """In here the program's thread waits for something that is no system call and comes to an
        end by itself. Where that takes long the program is blocked meanwhile, as in a call, and a
        note says so. Raises Stopped at the end if the program is to stop."""
        asking = _Asking(what, cause)
        self._tell(self.env.loop.call_later, BLOCKED_AFTER, self._check_asking, asking)
        try:
            yield
        finally:
            with asking.lock:
                asking.over = True
            self._tell(self._answered, asking)
            if self.ended.is_set():
                raise Stopped

    def _run(self) -> None:
        while (ticket := self._inbox.get()) is not None:
            status: Status = "done"
            try:
                self._carry_out(self, ticket)
            except Stopped:
                status = "withdrawn"
            if ticket.why is not None:
                status = "refused"
            self._tell(self._finished, ticket, status)

    def _tell(self, what: Callable[..., object], *args: object) -> None:
        # The loop may be gone already where a call returns after the lab's end.
        if not self.env.loop.is_closed():
            self.env.loop.call_soon_threadsafe(what, *args)


@dataclass(slots=True)
class _Asking:
    """Something asked for that isn't a system call. `lock` guards `over`."""

    what: str
    cause: int
    over: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


class _Closing(threading.Thread):
    """Closes a program's descriptors, one after another, unless it is abandoned in one of them."""

    def __init__(self, program: Program, cause: int | None) -> None:
        super().__init__(name=program.name, daemon=True)
        self.abandoned = threading.Event()
        self._caller = Caller(program.env, program.name, cause=cause)
        self._calls = Calls(self._caller, program.descriptors)

    @property
    def age(self) -> float:
        """Seconds since it entered the close that it is in."""
        entered = self._caller.entered
        return (self._caller.env.journal.now() - entered.t) / 1e9 if entered else 0.0

    def run(self) -> None:
        for sock in self._calls.descriptors:
            if self.abandoned.is_set():
                return
            if not sock.closed:
                self._calls.close(named(sock))
