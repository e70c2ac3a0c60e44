"""The socket table: which programs and sockets there are, as a fold over the journal.

It knows what follows from the events and nothing else: states and queues are those that a `state`
or `gauge` event reported, never worked out here. What does follow from a call is which descriptor
names which socket, and that close(2) ends at once what was no connection yet (RFC 9293, section
3.10.4: CLOSED, LISTEN and SYN-SENT), while a connection lives on without descriptor until the
kernel says CLOSE.

Most events of a busy lab are sends and receives, which change nothing here; `apply` is built so
that they cost two look-ups.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from socklab.events import Address, Call, Event, Gauge, Note, Program, State, Wait
from socklab.model.addresses import takes, unmapped
from socklab.model.rows import Connection, Family, Kind, ProgramRow, SocketRow
from socklab.model.stacks import Stack

__all__ = ["Connection", "ProgramRow", "SocketRow", "SocketTable"]

_Ends = tuple[str, Address, Address]

_ENDED_BY_CLOSE = frozenset({None, "CLOSE", "LISTEN", "SYN_SENT"})
_NEEDS_DESCRIPTOR = frozenset({"CLOSE", "LISTEN", "SYN_SENT"})

_DEPARTED = 256
"""How many closed connections are kept in mind in case a late look still finds them."""


class SocketTable:
    """Programs, descriptors, sockets, and who is blocked in what, after the events applied so far.

    `programs` is by name, `sockets` by `sock`, `now_blocked` by program; read them, don't change
    them. `revision` grows with each change that can be seen, and with nothing else.
    """

    def __init__(self) -> None:
        self.programs: dict[str, ProgramRow] = {}
        self.sockets: dict[int, SocketRow] = {}
        self.now_blocked: dict[str, Wait] = {}
        self.revision = 0
        self._own: set[str] = set()  # the programs whose rows no copy shares
        self._listeners: dict[int, None] = {}
        self._ends: dict[_Ends, int] = {}
        self._holder: dict[tuple[str, int], int] = {}  # the last socket to have a descriptor
        self._forgotten: dict[tuple[str, int], SocketRow] = {}
        self._departed: dict[int, SocketRow] = {}
        self._calling: dict[int, Address | None] = {}  # in connect(2): where it was bound before

    def copy(self) -> SocketTable:
        """A table that says the same and from now on changes by itself."""
        other = SocketTable()
        other.programs = dict(self.programs)
        other.sockets = dict(self.sockets)
        other.now_blocked = dict(self.now_blocked)
        other.revision = self.revision
        other._listeners = dict(self._listeners)
        other._ends = dict(self._ends)
        other._holder = dict(self._holder)
        other._forgotten = dict(self._forgotten)
        other._departed = dict(self._departed)
        other._calling = dict(self._calling)
        self._own.clear()
        return other

    def weight(self) -> int:
        """How many entries a copy has: those of all its tables."""
        tables = (self.sockets, self._ends, self._holder, self._forgotten, self._departed)
        return len(self.programs) + sum(len(table) for table in tables)

    def apply(self, event: Event) -> None:
        """Take in the journal's next event. Those that change no socket are passed over."""
        if type(event) is Call:
            blocked = self.now_blocked
            if blocked and event.program in blocked:
                self._returned(event)
            change = _CALLS.get(event.name)
            if change is not None:
                change(self, event)
            elif event.local is not None or event.remote is not None:
                self._named(event)
            return
        fold = _EVENTS.get(type(event))
        if fold is not None:
            fold(self, event)

    # What it says.

    def at(self, program: str, fd: int) -> SocketRow | None:
        """The socket that the program's descriptor names now."""
        row = self.programs.get(program)
        return self.sockets.get(row.descriptors.get(fd, -1)) if row else None

    def latest(self, program: str, fd: int) -> SocketRow | None:
        """The last socket that had this descriptor, also after its close."""
        key = (program, fd)
        return self.sockets.get(self._holder.get(key, -1)) or self._forgotten.get(key)

    def waiting(self, listener: int) -> list[SocketRow]:
        """The connections of a listening socket that no accept(2) has taken yet, oldest first.

        Those in SYN_RECV are among them; the accept queue holds the others.
        """
        return [row for row in self.sockets.values() if row.pending_of == listener]

    def peer_of(self, sock: int) -> int | None:
        """The socket of the lab at the other end, if there is one.

        A connection's other end has the same addresses the other way round (a socket connected
        to itself is its own peer). For a connected UDP socket an unconnected one will do that is
        bound to its remote address.
        """
        row = self.sockets.get(sock)
        if row is None or row.remote is None:
            return None
        found = self.across(row)
        if found is None and row.kind == "udp" and row.local is not None:
            found = self._bound_to(row.remote, row)
        return found

    @property
    def departed(self) -> Mapping[int, SocketRow]:
        """The last rows of connections that the kernel has forgotten, the latest of them last; the
        earliest are forgotten here as well."""
        return self._departed

    def across(self, row: SocketRow) -> int | None:
        """The connection with the same addresses the other way round, also for a departed one."""
        if row.local is None or row.remote is None:
            return None
        return self._ends.get((row.kind, unmapped(row.remote), unmapped(row.local)))

    def connections(self) -> list[Connection]:
        """Every connection once, in the order in which they became known.

        A connection with both ends in the lab is listed under the end that called connect(2).
        """
        found = []
        for row in self.sockets.values():
            if row.remote is None:
                continue
            peer = self.peer_of(row.sock)
            if peer is None or peer == row.sock or self._opener(row, self.sockets[peer]):
                found.append(Connection(row.sock, peer))
        return found

    def _opener(self, row: SocketRow, peer: SocketRow) -> bool:
        if peer.remote is None or (row.listener is None) != (peer.listener is None):
            return row.listener is None
        return row.sock < peer.sock

    def stack_of(self, row: SocketRow) -> Stack:
        """The network stack of the program that has the socket, or has its listening socket."""
        if row.program is None and row.listener in self.sockets:
            row = self.sockets[row.listener]
        program = self.programs.get(row.program or "")
        return Stack() if program is None else program.stack

    def _bound_to(self, address: Address, sender: SocketRow) -> int | None:
        here = self.stack_of(sender)
        fits = [
            (fit, -row.sock)
            for row in self.sockets.values()
            if row.kind == "udp"
            and row.remote is None
            and row.local is not None
            and (fit := takes(row.local, address))
            and here.reaches(self.stack_of(row), address)
        ]
        return -max(fits)[1] if fits else None

    # Programs.

    def _program(self, name: str) -> ProgramRow:
        """The program's row, to be changed: no copy of the table shares it."""
        row = self.programs.get(name)
        if row is None or name not in self._own:
            row = row.copy() if row else ProgramRow(name)
            self.programs[name] = row
            self._own.add(name)
        return row

    def _changed_program(self, event: Program) -> None:
        if event.program is None:
            return
        row = self._program(event.program)
        self.revision += 1
        row.host, row.addresses = event.host, event.addresses
        row.frozen = event.change == "frozen"
        row.running = event.change != "stopped"
        if event.change == "stopped":
            self.now_blocked.pop(event.program, None)
            row.blocked = row.asking = None
            for fd in list(row.descriptors):
                self._release(row, fd)

    def _entered(self, event: Wait) -> None:
        if event.program is not None:
            self._program(event.program).blocked = event
            self.now_blocked[event.program] = event
            self.revision += 1

    def _returned(self, event: Call) -> None:
        """The call that its program was blocked in, if that is the one which has returned.

        A program whose listener is driven makes other calls meanwhile.
        """
        assert event.program is not None
        wait = self.now_blocked[event.program]
        if wait.name == event.name and wait.fd == event.fd:
            del self.now_blocked[event.program]
            self._program(event.program).blocked = None
            self.revision += 1

    def _noted(self, event: Note) -> None:
        """It may say what its program waits in, or be the answer to that."""
        row = self.programs.get(event.program or "")
        if row is None:
            return
        asking = event if event.waits is not None else None
        if asking or (row.asking is not None and row.asking.cause == event.cause):
            self._program(row.name).asking = asking
            self.revision += 1

    # Sockets.

    def _put(self, row: SocketRow) -> None:
        old = self.sockets.get(row.sock)
        if old == row:
            return
        if old is None or old.local != row.local or old.remote != row.remote:
            self._unlink(old)
            if row.local is not None and row.remote is not None:
                self._ends[row.kind, unmapped(row.local), unmapped(row.remote)] = row.sock
        if row.listening:
            self._listeners[row.sock] = None
        elif old is not None and old.listening:
            del self._listeners[row.sock]
        self.sockets[row.sock] = row
        self.revision += 1

    def _unlink(self, row: SocketRow | None) -> None:
        if row is None or row.local is None or row.remote is None:
            return
        ends = (row.kind, unmapped(row.local), unmapped(row.remote))
        if self._ends.get(ends) == row.sock:  # a newer connection may have the same addresses
            del self._ends[ends]

    def _hold(self, name: str, fd: int, sock: int) -> None:
        """From now on the program's descriptor names this socket."""
        row = self._program(name)
        if fd in row.descriptors:
            self._release(row, fd)
        row.descriptors[fd] = sock
        self._holder[name, fd] = sock

    def _release(self, program: ProgramRow, fd: int) -> None:
        """The descriptor is free; its socket stays if it's a connection that has yet to end."""
        row = self.sockets.get(program.descriptors.pop(fd))
        self.revision += 1
        if row is None:
            return
        for waiting in self.waiting(row.sock) if row.listening else ():
            self._forget(waiting)  # the kernel resets them: nobody can take them any more
        free = replace(row, fd=None)
        # A connection that nobody has looked at yet has no state; it is one all the same.
        unseen = row.state is None and row.remote is not None
        if row.kind == "udp" or (row.state in _ENDED_BY_CLOSE and not unseen):
            self._forget(free)
        else:
            self._put(free)

    def _forget(self, row: SocketRow) -> None:
        self._calling.pop(row.sock, None)
        self._unlink(self.sockets.pop(row.sock, None))
        self._listeners.pop(row.sock, None)
        self.revision += 1
        if row.program is None or row.held is None:
            return
        if self._holder.get((row.program, row.held)) == row.sock:
            state = None if row.kind == "udp" else "CLOSE"
            gone = replace(row, state=state, expires=None, backlog=None, forgotten=True)
            self._forgotten[row.program, row.held] = gone
        if row.remote is not None:
            self._departed[row.sock] = row
            if len(self._departed) > _DEPARTED:
                del self._departed[next(iter(self._departed))]

    # Calls.

    def _named(self, event: Call) -> None:
        row = self.sockets.get(event.sock) if event.sock is not None else None
        if row is not None:
            local, remote = event.local or row.local, event.remote or row.remote
            self._put(replace(row, local=local, remote=remote))

    def _opened(self, event: Call) -> None:
        fd = event.fd if event.fd is not None else event.result
        if event.error or event.sock is None or event.program is None or fd is None:
            return
        self._hold(event.program, fd, event.sock)
        kind: Kind = "udp" if "SOCK_DGRAM" in event.args else "tcp"
        self._put(
            SocketRow(
                sock=event.sock,
                program=event.program,
                fd=fd,
                held=fd,
                kind=kind,
                family="ipv6" if "AF_INET6" in event.args else "ipv4",
                local=event.local,
                remote=event.remote,
                state="CLOSE" if kind == "tcp" else None,
                opened_at=event.n,
            )
        )

    def _listened(self, event: Call) -> None:
        row = self.sockets.get(event.sock) if event.sock is not None else None
        if row is None or event.error:
            return
        backlog = event.args[0] if event.args else None
        self._put(
            replace(
                row,
                local=event.local or row.local,  # listen(2) binds what bind(2) didn't
                backlog=backlog if isinstance(backlog, int) else 0,
            )
        )

    def _accepted(self, event: Call) -> None:
        fd, sock = event.result, event.new_sock
        if event.error or event.program is None or fd is None or sock is None:
            return
        row = self.sockets.get(sock)
        if row is None:
            family = self._family(event.sock, event.local)
            row = SocketRow(sock=sock, family=family, opened_at=event.n)
        self._hold(event.program, fd, sock)
        self._put(
            replace(
                row,
                program=event.program,
                fd=fd,
                held=fd,
                local=event.local or row.local,
                remote=event.remote or row.remote,
                listener=event.sock,
            )
        )

    def _closed(self, event: Call) -> None:
        # Linux frees the descriptor even where close(2) reports an error (its man page, NOTES).
        row = self.programs.get(event.program) if event.program is not None else None
        if row is not None and event.fd in row.descriptors:
            self._release(self._program(row.name), event.fd)

    # What the kernel says.

    def _new_state(self, event: State) -> None:
        row = self.sockets.get(event.sock) or self._first_seen(event)
        if row is None:
            return
        if event.fd is not None and event.local is not None:  # it calls, and its SYN was seen
            self._calling[row.sock] = row.local
            row = replace(row, local=event.local, remote=event.remote)
        elif row.sock in self._calling:
            bound = self._calling.pop(row.sock)
            if event.new == "CLOSE":
                row = replace(row, local=bound, remote=None)
        if event.new != row.state:
            row = replace(row, state=event.new, since=event.t, expires=event.expires)
        row = replace(row, source=event.source)
        if event.new != "CLOSE":
            self._put(row)
        elif row.fd is None:
            self._forget(row)
        else:
            self._put(replace(row, backlog=None, accept_queue=None))

    def _first_seen(self, event: State) -> SocketRow | None:
        """A socket that no descriptor holds: one that waits to be accepted, or one whose close
        came before the first look at it."""
        if event.new in _NEEDS_DESCRIPTOR:
            return None  # said too late: with its descriptor the socket went
        departed = self._departed.pop(event.sock, None)
        if departed is not None or event.local is None:
            return departed
        listener = self._listener_for(event.local)
        family = self._family(listener, event.local)
        return SocketRow(
            sock=event.sock,
            family=family,
            local=event.local,
            remote=event.remote,
            opened_at=event.n,
            listener=listener,
        )

    def _family(self, listener: int | None, local: Address | None) -> Family:
        row = self.sockets.get(listener) if listener is not None else None
        if row is not None:
            return row.family
        return "ipv6" if local is not None and ":" in local[0] else "ipv4"

    def _listener_for(self, local: Address) -> int | None:
        """The listening socket that gets connections to `local`; the first of equal ones."""
        fits = [
            (takes(row.local, local), -row.sock)
            for row in map(self.sockets.__getitem__, self._listeners)
            if row.local is not None
        ]
        best, sock = max(fits, default=(0, 0))
        return -sock if best else None

    def _measured(self, event: Gauge) -> None:
        """One look at all of a socket's queues: what it leaves out doesn't apply to the socket."""
        row = self.sockets.get(event.sock)
        if row is not None:
            self._put(
                replace(
                    row,
                    recv_queue=event.recv_queue,
                    send_queue=event.send_queue,
                    accept_queue=event.accept_queue,
                    backlog=row.backlog if event.backlog is None else event.backlog,
                    drops=event.drops,
                    queued=row.queued or bool(event.recv_queue or event.send_queue or event.drops),
                    recv_limit=row.recv_limit if event.recv_limit is None else event.recv_limit,
                    send_limit=row.send_limit if event.send_limit is None else event.send_limit,
                    expires=row.expires if event.expires is None else event.expires,
                )
            )


_CALLS: dict[str, Callable[[SocketTable, Call], None]] = {
    "socket": SocketTable._opened,
    "listen": SocketTable._listened,
    "accept": SocketTable._accepted,
    "close": SocketTable._closed,
}

_EVENTS: dict[type[Event], Callable[[SocketTable, Any], None]] = {
    Gauge: SocketTable._measured,
    Note: SocketTable._noted,
    Program: SocketTable._changed_program,
    State: SocketTable._new_state,
    Wait: SocketTable._entered,
}
