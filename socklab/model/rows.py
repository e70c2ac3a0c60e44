"""What the socket table holds: one row a socket, one a program."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import msgspec

from socklab.events import Address, Note, Source, Wait
from socklab.model.stacks import Stack

Kind = Literal["tcp", "udp"]
Family = Literal["ipv4", "ipv6"]


class SocketRow(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A socket as the journal knows it. A row never changes: a newer one takes its place.

    `program` and `fd` say who holds it: both are None while a connection waits to be accepted,
    and `fd` is None again after close, while the kernel still knows the connection. `held` is the
    last descriptor that it had. `opened_at` is the `n` of the event by which it became known.

    `state` is a name of `TcpState`, None for UDP and where nobody has looked yet; `source` says
    how it is known, `since` when it began (ns since the epoch, 0 where no event told). `expires` is
    when the kernel will forget the socket, in TIME_WAIT for instance.

    `backlog` (connections) is given for a listening socket only: what listen(2) asked for, until
    the kernel has said what it took. Queues and the limits of their buffers are in bytes,
    `accept_queue` in connections, `drops` in datagrams; None where the kernel hasn't said.

    `listener` is the `sock` of the listening socket through whose accept queue it came.
    `queued`: it has had something in a queue, now or before. `forgotten`: the kernel has forgotten
    it too.
    """

    sock: int
    program: str | None = None
    fd: int | None = None
    held: int | None = None
    kind: Kind = "tcp"
    family: Family = "ipv4"
    local: Address | None = None
    remote: Address | None = None
    state: str | None = None
    source: Source = "call"
    since: int = 0
    expires: int | None = None
    backlog: int | None = None
    recv_queue: int | None = None
    send_queue: int | None = None
    accept_queue: int | None = None
    drops: int | None = None
    recv_limit: int | None = None
    send_limit: int | None = None
    opened_at: int = 0
    listener: int | None = None
    queued: bool = False
    forgotten: bool = False

    @property
    def pending_of(self) -> int | None:
        """The listening socket in whose queue this connection waits to be accepted, if it does."""
        return self.listener if self.program is None else None

    @property
    def listening(self) -> bool:
        """Whether it takes connections."""
        return self.backlog is not None or self.state == "LISTEN"


@dataclass(slots=True)
class ProgramRow:
    """A program: its host, whether it runs, what it is blocked in (a system call, or what a note
    says), and its descriptor table.

    Only the socket table changes one; to everybody else it is something to read.
    """

    name: str
    host: str = ""
    running: bool = True
    frozen: bool = False
    blocked: Wait | None = None
    asking: Note | None = None
    descriptors: dict[int, int] = field(default_factory=dict)
    """The `sock` for each open descriptor."""

    addresses: tuple[str, ...] = ()
    """The host's, where it is a private one."""

    @property
    def stack(self) -> Stack:
        """The host's network stack."""
        return Stack(self.host, self.addresses)

    def copy(self) -> ProgramRow:
        """A row of its own, with its own descriptor table."""
        return ProgramRow(
            self.name,
            self.host,
            self.running,
            self.frozen,
            self.blocked,
            self.asking,
            dict(self.descriptors),
            self.addresses,
        )


class Connection(NamedTuple):
    """A connection, by its ends: the one that opened it first, where both are in the lab."""

    sock: int
    peer: int | None
