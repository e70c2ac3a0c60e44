"""The lab as everybody else sees it: commands in, a journal out.

The engine runs on its own thread (an asyncio loop) and never waits for who asks. Any thread may
call these methods.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from socklab.events import Origin
from socklab.journal import Journal
from socklab.kernel.threads import start_named
from socklab.lab import commands
from socklab.lab.language import parse_line, parse_script
from socklab.lab.pace import Pace
from socklab.lab.script import Result, Script
from socklab.lab.session import Session
from socklab.lab.ticket import Ticket
from socklab.network import machine
from socklab.network.host import Host

T = TypeVar("T")

_AT_ONCE = (commands.Stop, commands.SetPace, commands.NoteText, commands.New)


class Lab:
    """A lab on a host: `this machine` if nothing else is said.

    `make_journal` gives the journal of each session; by default one in memory only. Use it as a
    context manager, or call `close`.
    """

    def __init__(
        self, make_journal: Callable[[], Journal] = Journal.create, host: Host | None = None
    ) -> None:
        self.pace = Pace()
        self._make_journal = make_journal
        self._host = host or machine.ThisMachine()
        self._loop = _new_loop()
        self._last_program = "main"
        self._closed = False
        self._under_way: set[asyncio.Task[Any]] = set()
        self._renewal = asyncio.Lock()
        self._turn = asyncio.Lock()
        self._before: Ticket | None = None
        self._waiting: list[Ticket] = []
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        start_named(self._thread)
        self._session = self._on_loop(self._open())

    @property
    def journal(self) -> Journal:
        """The record of this session; another one after `new`."""
        return self._session.env.journal

    @property
    def host(self) -> str:
        """The network that programs run in."""
        return self._session.network.name

    @property
    def hosts(self) -> list[str]:
        """The private hosts that programs run on; none on this machine."""
        return self._session.network.hosts

    # Commands.

    def submit(self, text: str, origin: Origin, base: Path | None = None) -> Ticket | None:
        """Carry out one line, without waiting for it: the ticket's status says how far it is.

        None for a blank line or a comment. Raises LanguageError where the line makes no sense;
        nothing was done then.
        """
        line = parse_line(text, self._last_program)
        if line is None:
            return None
        if line.program is not None:
            self._last_program = line.program
        ticket = Ticket(line, origin, base or Path.cwd())
        if self._closed:
            ticket.status = "withdrawn"
            return ticket
        self._waiting.append(ticket)
        self._start(self._watched(self._in_turn(ticket)))
        return ticket

    async def _in_turn(self, ticket: Ticket) -> None:
        """A line starts when the one before it has returned or is recorded as blocked, but for
        those that act at once."""
        if isinstance(ticket.command, _AT_ONCE):
            self._no_longer_waits(ticket)
            await self._perform(ticket)
            return
        try:
            async with self._turn:
                if self._before is not None:
                    await self._session.settling.dealt_with(self._before)
                if self._no_longer_waits(ticket):
                    self._before = ticket
                    await self._perform(ticket)
        except asyncio.CancelledError:
            self._no_longer_waits(ticket)
            ticket.status = "withdrawn"

    def _no_longer_waits(self, ticket: Ticket) -> bool:
        """Take a line from those that wait; False where it was withdrawn."""
        if ticket not in self._waiting:
            return False
        self._waiting.remove(ticket)
        return True

    async def _perform(self, ticket: Ticket) -> None:
        if isinstance(ticket.command, commands.New):
            await self._renew()
            ticket.status = "done"
            return
        async with self._renewal:
            session = self._session
        await session.perform(ticket)

    def withdraw(self, ticket: Ticket) -> bool:
        """Take back a command that still waits behind a blocked program, or end a repetition."""

        async def withdraw() -> bool:
            if not self._no_longer_waits(ticket):
                return self._session.withdraw(ticket)
            ticket.status = "withdrawn"
            return True

        return not self._closed and self._on_loop(withdraw())

    @property
    def queued(self) -> list[Ticket]:
        """The commands that wait: behind a blocked program, or for an earlier line to return."""
        return [*self._session.queued(), *self._waiting]

    def script(self, text: str, base: Path | None = None) -> Script:
        """A script, ready to run or to step through; its `file:` paths count from `base`.

        Raises LanguageError for its first mistake.
        """
        lines = parse_script(text)
        return Script(lambda: self._session, self._perform, lines, base or Path.cwd())

    def run(self, script: Script) -> Future[Result]:
        """Run what is left of a script, without waiting for it."""
        return self._start(self._watched(script.run()))

    def step(self, script: Script) -> Future[Result]:
        """Run a script's next line, without waiting for it."""
        return self._start(self._watched(script.step()))

    def new(self) -> None:
        """Stop everything and begin afresh, with a new journal."""
        self._on_loop(self._renew())

    # What a screen asks.

    def in_view(self, numbers: Iterable[int]) -> None:
        """These sockets are on a screen: look at them ten times a second."""
        numbers = frozenset(numbers)
        for observer in self._session.observers:
            observer.show(numbers)

    def free_port(self, first: int = 8080, *, reusing: bool = True) -> int:
        """The first TCP port from `first` on that nothing on this machine holds, for a server that
        sets SO_REUSEADDR, as `serve` does, or (not `reusing`) doesn't."""
        return machine.free_port(first, reusing=reusing)

    def own_addresses(self, program: str | None) -> list[str]:
        """The addresses at which others can call what this program has bound to `*`."""
        private = self._session.network.reached_at(program or "")
        return machine.own_addresses() if private is None else list(private)

    # The end.

    def close(self) -> None:
        """Stop every program, close the journal, end the engine. Does nothing the second time."""
        if self._closed:
            return
        self._closed = True
        self._on_loop(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    # The engine's thread.

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _open(self) -> Session:
        return Session(self._make_journal(), self._host, self.pace, self._loop)

    async def _renew(self) -> None:
        before = self._others()  # what comes later belongs to the new session
        async with self._renewal:
            await _cancel(before)
            await self._session.close()
            self._session = await self._open()

    async def _end(self) -> None:
        async with self._renewal:
            await _cancel(self._others())
            await self._session.close()
            await self._loop.shutdown_default_executor()
            await _cancel(self._others())

    def _others(self) -> set[asyncio.Task[Any]]:
        """The scripts and the lines that are under way, but for who asks."""
        return self._under_way - {asyncio.current_task()}

    async def _watched(self, what: Coroutine[Any, Any, T]) -> T:
        task = asyncio.current_task()
        assert task is not None
        self._under_way.add(task)
        try:
            return await what
        finally:
            self._under_way.discard(task)

    def _start(self, what: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(what, self._loop)

    def _on_loop(self, what: Coroutine[Any, Any, T]) -> T:
        return self._start(what).result()


async def _cancel(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)


def _new_loop() -> asyncio.AbstractEventLoop:
    """A loop that can watch any descriptor (Windows' default one can't), and one thread beside it
    for what waits for the kernel."""
    loop = asyncio.SelectorEventLoop()
    loop.set_default_executor(ThreadPoolExecutor(1, "aside"))
    return loop
