"""A command of a program while it is carried out: what its verb asks of the program and the lab."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from socklab.events import Address
from socklab.i18n import _
from socklab.lab import commands
from socklab.lab.caller import Named
from socklab.lab.calls import Calls
from socklab.lab.driven import DrivenSocket
from socklab.lab.environment import Environment
from socklab.lab.interfaces import index_of
from socklab.lab.program import Program
from socklab.lab.refusal import Refusal
from socklab.lab.resolve import to_address
from socklab.lab.ticket import Ticket
from socklab.lab.traced import Driven, TracedSocket

_LOOPS_OWN = {
    Driven.ACCEPTING: {"accept", "poll", "nonblock", "listen"},
    Driven.SERVING: {"recv", "recvfrom", "send", "sendto", "poll", "nonblock", "accept"},
    Driven.RELAYING: {"recv", "recvfrom", "send", "sendto", "poll", "nonblock", "accept"},
    Driven.READING: {"recv", "recvfrom", "poll", "nonblock", "accept"},
}


@dataclass(slots=True)
class Run:
    """One ticket being carried out by its program."""

    program: Program
    ticket: Ticket
    calls: Calls

    @property
    def env(self) -> Environment:
        return self.program.env

    def say(self, text: str, failed: bool = False) -> None:
        """A note that belongs to this command."""
        self.env.note(
            text,
            level="error" if failed else "info",
            program=self.program.name,
            cause=self.ticket.n,
        )

    def interface(self, name: str) -> int:
        """The number of an interface of the program's host. Raises Refusal."""
        return index_of(self.env.host, name)

    def waiting(self, what: str) -> AbstractContextManager[None]:
        """In here the program waits for something that is no system call."""
        return self.program.waiting(what, self.ticket.n)

    def named(self, fd: int | None, verb: str) -> Named:
        """The descriptor that the line means. Raises Refusal: none or several fit, or the loop
        makes this call on it."""
        at = self._only(verb) if fd is None else Named(fd, self.program.descriptors.get(fd))
        if at.sock is not None and at.sock.driven and verb in _LOOPS_OWN[at.sock.driven]:
            raise Refusal(
                _(
                    "the lab's loop drives descriptor {fd}: it {what}, so no {verb} by hand;"
                    " choose manual to do it yourself",
                    fd=at.fd,
                    what=_(at.sock.driven.value),
                    verb=verb,
                )
            )
        return at

    def _only(self, verb: str) -> Named:
        everything = list(self.program.descriptors)
        fits = [sock for sock in everything if _fits(sock, verb)] or everything
        if len(fits) != 1:
            text = (
                _("{program} has no descriptor: make one with `socket`", program=self.program.name)
                if not fits
                else _(
                    "{program} has several descriptors that fit ({fds}): name one",
                    program=self.program.name,
                    fds=", ".join(str(sock.fd) for sock in fits),
                )
            )
            raise Refusal(text)
        return Named(fits[0].fd, fits[0])

    def address(self, at: Named, place: commands.Place) -> Address:
        """The address that `place` means for a call on this descriptor. Raises Refusal."""
        return to_address(place, at.sock, self.env.network, self.env.find, self)

    def drive(self, make: Callable[[], DrivenSocket]) -> None:
        """Hand a socket to the engine's loop, and wait until it is driven."""
        self.on_loop(lambda: make().start())

    def on_loop(self, what: Callable[[], None]) -> None:
        """Do it on the engine's thread, and wait for that."""

        async def done() -> None:
            what()

        asyncio.run_coroutine_threadsafe(done(), self.env.loop).result()


def _fits(sock: TracedSocket, verb: str) -> bool:
    return sock.listening if verb == "accept" else sock.remote is not None
