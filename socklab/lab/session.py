"""One lab from its first event to its last: the programs, and the commands that go to them.

All on the engine's thread. `Lab` holds the thread and the sessions (`new` ends one and begins the
next), and is what everybody else talks to.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
from dataclasses import replace

from socklab.events import Command, Level
from socklab.i18n import _
from socklab.journal import Journal
from socklab.kernel.threads import start_named
from socklab.lab import commands
from socklab.lab.awaiting import Awaiting
from socklab.lab.carry_out import carry_out, carry_out_aside
from socklab.lab.environment import Environment
from socklab.lab.expectations import Expect
from socklab.lab.network_commands import NetworkCommand, PlaceProgram
from socklab.lab.networking import Networking
from socklab.lab.observer import Observer
from socklab.lab.pace import Pace
from socklab.lab.poller import poller
from socklab.lab.program import Program
from socklab.lab.refusal import Refusal
from socklab.lab.registry import Registry
from socklab.lab.repeating import repeat
from socklab.lab.settling import Settling
from socklab.lab.ticket import Ticket
from socklab.lab.traced import TracedSocket
from socklab.network.host import Host


class Session:
    """The programs of one journal, and what they share."""

    def __init__(
        self, journal: Journal, host: Host, pace: Pace, loop: asyncio.AbstractEventLoop
    ) -> None:
        nothing = socket.socket()
        nothing.close()
        self.programs: dict[str, Program] = {}
        self._numbers = itertools.count(1)
        registry = Registry(self._numbers)
        self.network = Networking(journal, host, self._say, self._began)
        self.env = Environment(
            journal=journal,
            registry=registry,
            observer=Observer(journal, registry, host.net),
            pace=pace,
            host=host,
            network=self.network,
            loop=loop,
            poller=poller(loop),
            find=self.find,
            nothing=nothing,
        )
        self._on_hosts: dict[str, Environment] = {}
        self.settling = Settling(self.programs)
        self._awaiting = Awaiting(self.env, self.settling, lambda: self.observers)
        self._stopping: dict[str, asyncio.Task[None]] = {}
        start_named(self.env.observer)

    def _say(self, text: str, level: Level, cause: int) -> int:
        return self.env.note(text, level=level, program=None, cause=cause)

    def _began(self, program: str) -> Host | None:
        running = self.programs.get(program)
        return None if running is None else running.env.host

    def _env_of(self, program: str) -> Environment:
        """What the programs on that program's host share. Each private host has an observer of its
        own, since its tables are its own."""
        host = self.network.host_of(program)
        if host is self.env.host:
            return self.env
        if host.name not in self._on_hosts:
            registry = Registry(self._numbers)
            wire = self.network.end_of(host.name)
            observer = Observer(self.env.journal, registry, host.net, wire)
            self._on_hosts[host.name] = replace(
                self.env, host=host, registry=registry, observer=observer
            )
            start_named(observer)
        return self._on_hosts[host.name]

    @property
    def observers(self) -> list[Observer]:
        """Those of all hosts."""
        return [env.observer for env in (self.env, *self._on_hosts.values())]

    # Commands.

    async def perform(self, ticket: Ticket) -> None:
        """Carry a line out. A program's command is only handed to its program; one of the lab is
        over when this returns."""
        line = ticket.line
        journal = self.env.journal
        ticket.n = journal.append(
            Command(t=journal.now(), program=line.program, text=line.text, origin=ticket.origin)
        )
        if line.program is not None:
            await self._dispatch(line.program, ticket)
            return
        ticket.status = "running"
        command = line.command
        if isinstance(command, commands.Sleep):
            await asyncio.sleep(command.seconds)
        elif isinstance(command, commands.SetPace):
            self.env.pace.set(command.mode, command.breath)
        elif isinstance(command, commands.NoteText):
            self.env.note(command.text, program=None, cause=ticket.n)
        elif isinstance(command, Expect):
            ticket.why = await self._awaiting.until(command, ticket.n)
        elif isinstance(command, NetworkCommand):
            await self._arrange(command, ticket)
            return
        ticket.status = "failed" if ticket.why else "done"

    async def _arrange(self, command: NetworkCommand, ticket: Ticket) -> None:
        """Have the network do it, beside the loop: it waits for the kernel."""
        in_use = {name for name, program in self.programs.items() if any(program.descriptors)}
        before = self.network.private
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(
                None, self.network.carry_out, command, ticket.n, frozenset(in_use)
            )
        except Refusal as refusal:
            ticket.why = str(refusal)
            self._say(ticket.why, "error", ticket.n)
        if self.network.private is not before:
            await self._forget_hosts()
        elif isinstance(command, PlaceProgram) and not ticket.why:
            await self.stop(command.program)  # its next line begins it anew, on that host
        ticket.status = "refused" if ticket.why else "done"

    async def _forget_hosts(self) -> None:
        """The programs are to run elsewhere: those that are left have no descriptor to lose."""
        for name in list(self.programs):
            await self.stop(name)
        ending = [env.observer for env in self._on_hosts.values()]
        self._on_hosts.clear()
        for observer in ending:
            await asyncio.get_running_loop().run_in_executor(None, observer.end)

    async def _dispatch(self, name: str, ticket: Ticket) -> None:
        """Give a program's command to its program, which comes into being with its first."""
        command = ticket.command
        if isinstance(command, commands.Stop):
            await self.stop(name, ticket.n)
            ticket.status = "done"
            return
        while name in self._stopping:
            await asyncio.shield(self._stopping[name])
        program = self._program(name)
        if isinstance(command, commands.Every):
            self._repeat(program, command, ticket)
        elif isinstance(command, commands.Shutdown) and program.blocked:
            # It never queues: that is how a blocked program can be woken.
            carry_out_aside(program, ticket)
        else:
            program.submit(ticket)

    def _program(self, name: str) -> Program:
        program = self.programs.get(name)
        if program is None:
            program = self.programs[name] = Program(
                name, self._env_of(name), carry_out, self.settling.changed
            )
        return program

    def _repeat(self, program: Program, command: commands.Every, ticket: Ticket) -> None:
        ticket.status = "running"
        task = program.repeats[ticket] = asyncio.create_task(
            repeat(program, command, ticket, self.settling)
        )

        def over(_task: asyncio.Task[None]) -> None:
            program.repeats.pop(ticket, None)
            program.go_on()
            self.settling.changed()

        task.add_done_callback(over)

    async def stop(self, name: str, cause: int | None = None) -> None:
        """End a program; nothing where there is none of that name. Several may ask at once."""
        program = self.programs.get(name)
        if program is None:
            return
        if name not in self._stopping:
            self._stopping[name] = asyncio.create_task(self._stop(program, cause))
        await asyncio.shield(self._stopping[name])

    async def _stop(self, program: Program, cause: int | None) -> None:
        try:
            await program.stop(cause)
        finally:
            del self.programs[program.name], self._stopping[program.name]
            self.settling.changed()

    def queued(self) -> list[Ticket]:
        """The commands that wait behind a blocked program."""
        return [ticket for one in list(self.programs.values()) for ticket in list(one.queue)]

    def pending(self) -> list[Ticket]:
        """What has still to be done behind a blocked program: repetitions too."""
        return [ticket for one in self.programs.values() for ticket in one.pending]

    def withdraw(self, ticket: Ticket) -> bool:
        """Take a queued command back, or end a repetition."""
        program = self.programs.get(ticket.program or "")
        return program is not None and program.withdraw(ticket)

    def find(self, name: str, fd: int | None) -> TracedSocket:
        """The bound socket that `@PROGRAM` or `@PROGRAM.FD` means. Raises Refusal."""
        program = self.programs.get(name)
        if program is None:
            raise Refusal(_("there is no program {name}", name=name))
        if fd is not None:
            sock = program.descriptors.get(fd)
            if sock is None or sock.local is None:
                raise Refusal(_("{name} has no bound socket {fd}", name=name, fd=fd))
            return sock
        bound = program.descriptors.fitting(lambda sock: sock.local is not None)
        fits = [sock for sock in bound if sock.listening] or bound
        if not fits:
            raise Refusal(_("{name} has no bound socket yet", name=name))
        if len(fits) > 1:
            raise Refusal(
                _(
                    "{name} has several bound sockets: name one, as in @{name}.{fd}",
                    name=name,
                    fd=fits[0].fd,
                )
            )
        return fits[0]

    # The end.

    async def close(self) -> None:
        """Stop every program, look a last time, and close the journal."""
        for program in self.programs.values():
            program.caller.doom()
        await asyncio.gather(*(self.stop(name) for name in list(self.programs)))
        self.env.poller.close()
        loop = asyncio.get_running_loop()
        for observer in self.observers:
            await loop.run_in_executor(None, observer.end)
        await loop.run_in_executor(None, self.network.close)
        self.env.journal.close()
