"""Waiting until the programs of a session have dealt with what they were given.

On the engine's thread. A program is settled when it is idle, or recorded as blocked: what wakes it
then isn't its own doing. Names that are looked up are waited for: their answers come by themselves.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

from socklab.lab.commands import Every
from socklab.lab.program import Program
from socklab.lab.ticket import Ticket


class Settling:
    """Waits for `programs`, by their names, which others add to and take from."""

    def __init__(self, programs: Mapping[str, Program]) -> None:
        self._programs = programs
        self._change = asyncio.Event()

    def changed(self) -> None:
        """A program, a repetition of one or a ticket isn't what it was: who waits looks again."""
        self._change.set()

    async def dealt_with(self, ticket: Ticket) -> None:
        """Until a program's command is over, or waits in or behind a blocked call."""
        while ticket.open and not isinstance(ticket.command, Every):
            program = self._programs.get(ticket.program or "")
            if program is None or not program.busy:
                return
            await self._changes()

    async def drained(self, seconds: float) -> None:
        """Until every program is idle, or blocked with nothing behind; at most so long without a
        step forward, where something waits behind a blocked call."""
        while True:
            with contextlib.suppress(TimeoutError):
                while self._behind() and not self.asking():
                    # Not wait_for: before Python 3.12 it may lose a cancellation.
                    async with asyncio.timeout(seconds):
                        await self._forward()
            await self.settled()
            if not self.asking():
                return
            await self.answered()

    async def settled(self) -> None:
        """Until every program is idle or recorded as blocked."""
        while any(program.busy for program in self._programs.values()):
            await self._changes()

    def asking(self, program: str | None = None) -> bool:
        """Whether this program, or any one, waits for an answer from the resolver."""
        programs = self._programs.values()
        return any(one.asking and program in (None, one.name) for one in programs)

    async def answered(self, program: str | None = None) -> None:
        """Until this program, or every one, has its answer from the resolver."""
        while self.asking(program):
            await self._changes()

    async def _forward(self) -> None:
        """Until those that have something waiting behind a blocked call are a command further."""
        before = self._behind()
        while self._behind() == before:
            await self._changes()

    def _behind(self) -> dict[str, int]:
        """The programs with something waiting, and how many of their commands are over."""
        return {p.name: p.dealt_with for p in self._programs.values() if p.pending}

    async def _changes(self) -> None:
        self._change.clear()
        await self._change.wait()
