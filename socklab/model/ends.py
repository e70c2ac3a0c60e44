"""The ends of a connection: which one opened it, and how things stand with each.

Knows the socket table and the walks, and puts together what they say. What an end should do next
is for `duties`, how it is drawn for others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from socklab.events import Address
from socklab.i18n import _
from socklab.model.addresses import takes, unmapped
from socklab.model.rows import Connection, SocketRow
from socklab.model.sockets import SocketTable
from socklab.model.tcp_machine import CLOSE, SYN_SENT
from socklab.model.walks import Walk

_NOTHING: Mapping[int, SocketRow] = {}


@dataclass(frozen=True, slots=True)
class End:
    """One end of a connection, as far as it matters here.

    `name` is what to call it, `state` "" where it isn't known, `before` the state before this one
    (None for a socket that has not moved yet). `fd` is the descriptor that holds it, None where
    none does. `acceptor` is the program that has yet to accept it, `full` the one whose accept
    queue has no room for it. `call` is what its program is blocked in on this socket, `frozen`
    whether that is stopped altogether. `unread` is what waits in its receive queue (bytes).
    `expires` (ns since the epoch) is when its state ends by itself. `unseen`: it is on a private
    host, and the wire hasn't seen what brought it into its state.
    """

    name: str
    state: str
    before: str | None = None
    fd: int | None = None
    acceptor: str | None = None
    full: str | None = None
    call: str | None = None
    frozen: bool = False
    unread: int = 0
    expires: int | None = None
    unseen: bool = False


def connection_of(
    table: SocketTable, sock: int, known: Mapping[int, SocketRow] = _NOTHING
) -> Connection:
    """The connection that a socket is an end of, the end that opened it first.

    Without a peer in the lab the socket itself stands first. Of two ends that both called
    connect(2) the older socket does. An end that the kernel has forgotten is still known for a
    while, or by the rows that somebody has `known` since.
    """
    row = row_of(table, sock) or known.get(sock)
    other = None if row is None or row.kind == "udp" else _peer(table, row, known)
    if row is None or other is None or other.sock == row.sock or other.remote is None:
        return Connection(sock, None)
    later = (row.listener is not None, row.sock) > (other.listener is not None, other.sock)
    return Connection(other.sock, row.sock) if later else Connection(row.sock, other.sock)


def row_of(table: SocketTable, sock: int) -> SocketRow | None:
    """What is, or was last, known of a socket."""
    return table.sockets.get(sock) or table.departed.get(sock)


def remember(ever: dict[int, SocketRow], row: SocketRow) -> None:
    """Keep the row among those that were `ever` known. One that knew the other end stays in the
    place of one that doesn't: at an earlier moment of a recording it isn't known yet."""
    known = ever.get(row.sock)
    if known is None or known.remote is None or row.remote is not None:
        ever[row.sock] = row


def _peer(table: SocketTable, row: SocketRow, known: Mapping[int, SocketRow]) -> SocketRow | None:
    peer = table.across(row)
    if peer is not None:
        return table.sockets[peer]
    gone = [*known.values(), *table.departed.values()][::-1]
    return next((other for other in gone if _other_end(row, other)), None)


def _other_end(row: SocketRow, other: SocketRow) -> bool:
    """Whether `other`, which the kernel has forgotten, was at the other end."""
    if row.local is None or row.remote is None or _pair(row) != _pair(other)[::-1]:
        return False
    # Addresses are used again: who was called came after the caller.
    return (row.listener is None) == (row.opened_at < other.opened_at)


def _pair(row: SocketRow) -> tuple[Address | None, Address | None]:
    return (
        None if row.local is None else unmapped(row.local),
        None if row.remote is None else unmapped(row.remote),
    )


def ends_of(
    table: SocketTable, opener: Walk, other: Walk | None, known: Mapping[int, SocketRow]
) -> tuple[End, End | None]:
    """What the socket table and the walks say of a connection's ends.

    `known` are the last rows of sockets that the table may have forgotten.
    """
    walks = [opener] if other is None else [opener, other]
    rows = [row_of(table, walk.sock) or known.get(walk.sock) for walk in walks]
    names = [_name(table, walk, row) for walk, row in zip(walks, rows, strict=True)]
    if len(set(names)) < len(names):
        names = [f"{name} {_held(row)}" for name, row in zip(names, rows, strict=True)]
    ends = [_end(table, name, walk) for name, walk in zip(names, walks, strict=True)]
    return ends[0], ends[1] if len(ends) > 1 else None


def _end(table: SocketTable, name: str, walk: Walk) -> End:
    live = table.sockets.get(walk.sock)
    last = walk.last
    end = End(
        name=name,
        state=walk.state if last is not None else _unwalked(live),
        before=last.old if last is not None else None,
        expires=walk.expires,
    )
    if live is None:
        return end
    if live.state == end.state and live.expires is not None:  # told later than the step
        end = replace(end, expires=live.expires)
    program = table.programs.get(live.program or "")
    return replace(
        end,
        fd=live.fd,
        acceptor=None if live.pending_of is None else _owner(table, live.pending_of),
        full=_full_at(table, live) if walk.state == SYN_SENT else None,
        call=blocked_in(table, live),
        frozen=program is not None and program.frozen,
        unread=live.recv_queue or 0,
        unseen=bool(
            program is not None and program.addresses and last is not None and last.source != "wire"
        ),
    )


def _unwalked(row: SocketRow | None) -> str:
    """The state of a socket of which no step is known; "" where nobody has looked."""
    if row is None or (row.state == CLOSE and row.remote is not None):
        return ""
    return row.state or ""


def blocked_in(table: SocketTable, row: SocketRow) -> str | None:
    """The call that the socket's program is blocked in, on this socket."""
    wait = table.now_blocked.get(row.program or "")
    return wait.name if wait is not None and wait.sock == row.sock else None


def _name(table: SocketTable, walk: Walk, row: SocketRow | None) -> str:
    name = walk.program or (row.program if row is not None else None)
    if name is None and row is not None and row.listener is not None:
        name = _owner(table, row.listener)
    return name or _("socket {sock}", sock=walk.sock)


def _held(row: SocketRow | None) -> str:
    return "" if row is None else str(row.held if row.fd is None else row.fd)


def _owner(table: SocketTable, sock: int) -> str:
    row = table.sockets.get(sock)
    return (row.program if row is not None else None) or _("the server")


def _full_at(table: SocketTable, row: SocketRow) -> str | None:
    """The program of the lab that listens where this socket calls, if its queue is full."""
    for found in table.sockets.values():
        if found.listening and found.local is not None and row.remote is not None:
            full = (found.accept_queue or 0) > (found.backlog or 0)
            if full and takes(found.local, row.remote):
                return found.program
    return None
