"""A failed call and everything that the lab knows about how it came to that.

The words in which findings name sockets, times and events are here, so that all say it alike.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from socklab.events import Address, Call, Note
from socklab.i18n import _
from socklab.model.addresses import address_text, unmapped
from socklab.model.escaping import plain
from socklab.model.rows import SocketRow
from socklab.model.sockets import SocketTable
from socklab.model.units import duration_text

Fits = Callable[[Call], bool]


class Past(Protocol):
    """The calls that returned before the one in question."""

    @property
    def complete(self) -> bool:
        """Whether what wasn't found isn't there: all of the past was looked through."""
        ...

    def last(
        self,
        names: Collection[str],
        *,
        sock: int | None = None,
        program: str | None = None,
        fits: Fits | None = None,
    ) -> Call | None:
        """The newest of these `names`, on that socket, by that program, that `fits`."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that the lab knows: a sentence or two, the `n` of the event that proves it, and
    what to do about it ("" where that is what the errno's own text says). `explains`: whether it
    says why the call failed, or only what is known besides."""

    text: str
    event: int | None = None
    mend: str = ""
    explains: bool = True


@dataclass(frozen=True, slots=True)
class Case:
    """`table` is the sockets just before `call` returned, `notes` what the lab said about it."""

    call: Call
    table: SocketTable
    notes: tuple[Note, ...]
    past: Past

    @property
    def row(self) -> SocketRow | None:
        """The socket that the call was made on."""
        return None if self.call.sock is None else self.table.sockets.get(self.call.sock)

    @property
    def target(self) -> Address | None:
        """The address that the call was given."""
        return next((arg for arg in self.call.args if isinstance(arg, tuple)), None)

    def last(self, *names: str, fits: Fits | None = None) -> Call | None:
        """The newest earlier call of these names on this socket."""
        return self.past.last(names, sock=self.call.sock, fits=fits)

    def last_setting(self, symbol: str, sock: int | None = None) -> Call | None:
        """The newest earlier setsockopt of this option, on this socket or another."""
        return self.past.last(
            ("setsockopt",),
            sock=self.call.sock if sock is None else sock,
            fits=lambda call: call.error is None and symbol in call.args[1:2],
        )

    def peer(self) -> int | None:
        """The socket at the other end, if it is or was the lab's."""
        row = self.row
        if row is None or row.local is None or row.remote is None:
            return None
        found = self.table.peer_of(row.sock)
        if found is not None:
            return found
        here, there = unmapped(row.local), unmapped(row.remote)

        def joined(call: Call) -> bool:
            return (
                call.remote is not None
                and unmapped(call.remote) == here
                and (call.local is None or unmapped(call.local) == there)
            )

        call = self.past.last(("accept", "connect"), fits=joined)
        if call is None:
            return None
        return call.new_sock if call.name == "accept" else call.sock

    def listeners(self) -> list[SocketRow]:
        """The lab's listening sockets, oldest first."""
        return [row for row in self.table.sockets.values() if row.listening]

    def since(self, event: Call) -> str:
        """`(event 12, 1.2 s earlier)`."""
        elapsed = max(0, self.call.t + self.call.duration - event.t - event.duration)
        return _("(event {n}, {elapsed} earlier)", n=f"{event.n:,}", elapsed=duration_text(elapsed))


def named(row: SocketRow) -> str:
    """How a sentence calls a socket: `server's descriptor 3`."""
    if row.program is None:
        return _("a connection that waits to be accepted")
    program = plain(row.program)
    if row.fd is None:
        return _("{program}'s former descriptor {fd}", program=program, fd=row.held)
    return _("{program}'s descriptor {fd}", program=program, fd=row.fd)


def command(row: SocketRow, verb: str) -> str:
    """A line of the language that would mend it: `server: listen 3`."""
    return f"`{row.program}: {verb} {row.fd}`"


def at(address: Address) -> str:
    """An address in a sentence."""
    return address_text(address)


def ends(row: SocketRow) -> str:
    """Both addresses of a connection."""
    local = "?" if row.local is None else at(row.local)
    return local if row.remote is None else f"{local} ⇄ {at(row.remote)}"
