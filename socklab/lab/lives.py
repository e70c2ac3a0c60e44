"""What looks and calls say of the sockets' states, recorded: the `state` events.

Each socket's life is worked out by `model.tcp_life`; here is who tells it what. Only the observer's
thread calls.
"""

from __future__ import annotations

from collections.abc import Iterable
from socket import AF_INET6

from socklab.events import Address, Call, Gauge, State, Wait
from socklab.journal import Journal
from socklab.kernel.proc_net import Row
from socklab.kernel.tcp_table import Pair, TcpTable
from socklab.lab.registry import Registry, Unowned
from socklab.lab.traced import TracedSocket
from socklab.model.addresses import mapped, unmapped
from socklab.model.tcp_life import BEGUN, Span, Step, TcpLife
from socklab.model.tcp_machine import (
    CLOSE,
    CLOSE_WAIT,
    ESTABLISHED,
    FIN_WAIT2,
    LISTEN,
    SYN_RECV,
    SYN_SENT,
    TIME_WAIT,
)
from socklab.model.wire_end import WireMove

WAITING = frozenset({SYN_RECV, ESTABLISHED, CLOSE_WAIT})
"""The states in which a connection waits to be accepted; no closed socket is in one of them."""


class Lives:
    """Takes in what happened to the sockets of a lab, and records their moves."""

    def __init__(self, journal: Journal, registry: Registry) -> None:
        self._journal = journal
        self._registry = registry
        self._connects: dict[Pair, Span] = {}  # by the addresses that the other end has

    # What the programs' calls say.

    def catch_up(self, sock: TracedSocket) -> None:
        """Take in what the calls on it have said since."""
        life = sock.life
        while sock.told:
            n, event, entry = sock.told.popleft()
            if isinstance(event, Wait):
                life.entered(n, event)
            elif event.name == "accept":
                life.accepted(event, self._opening(sock.local, sock.remote))
            else:
                if event.name == "connect":
                    sock.tried = event
                life.to_itself = sock.local is not None and sock.local == sock.remote
                life.returned(n, event, unread=entry - 1 == sock.unread_at)
                self._tell_others(sock, n, event)

    def _tell_others(self, sock: TracedSocket, n: int, call: Call) -> None:
        """What a call means to the socket at the other end, or to those that wait in its queue."""
        if sock.local is None:
            return
        if call.name == "connect" and sock.remote is not None:
            self._connected(call, _reversed(sock.local, sock.remote))
        elif call.name == "close" and sock.listening:
            for one in self._registry.unowned():
                if one.waiting and one.pair[0][1] == sock.local[1]:
                    one.life.abandoned(n, call.t)

    def _connected(self, call: Call, theirs: Pair) -> None:
        if call.error not in (None, *BEGUN):
            return
        before = self._connects.get(theirs)
        t = before.t if before is not None and before.end is None else call.t
        end = call.t + call.duration if call.error is None else None
        self._connects[theirs] = Span(t, end)

    def _opening(self, local: Address | None, remote: Address | None) -> Span | None:
        """The other end's connect(2), if it's known."""
        if local is None or remote is None:
            return None
        return self._connects.get((unmapped(local), unmapped(remote)))

    # What the kernel shows.

    def saw(self, sock: TracedSocket, state: str, t: int) -> None:
        """A look at its descriptor found it in `state` at `t`."""
        self._saw(sock, state, t)

    def missed(self, sock: TracedSocket, table: TcpTable) -> None:
        """Its descriptor says CLOSE. So says that of a connection in TIME_WAIT: the table knows."""
        row, peer = None, None
        if sock.local is not None and sock.remote is not None:
            pair = (sock.local, sock.remote)
            row, peer = table.rows.get(pair), table.peer(pair)
        if row is not None and row.state == TIME_WAIT:
            self._saw(sock, TIME_WAIT, table.t, table.expires(row))
        else:
            self._saw(sock, CLOSE, table.t, None, peer)

    def _saw(
        self,
        sock: TracedSocket,
        state: str,
        t: int,
        expires: int | None = None,
        peer: str | None = None,
    ) -> None:
        with sock.still:
            # Closed since: its state goes on among the unowned, where the tables tell.
            if sock.closed or sock.unsettled:
                return
            steps = sock.life.saw(state, t, expires=expires, peer=peer)
            self._record(sock.number, sock.program, sock.fd, steps)

    def unseen(self, sock: TracedSocket, t: int) -> None:
        """Nothing can be seen of it on this system: what its calls say is all that is known."""
        self._record(sock.number, sock.program, sock.fd, sock.life.certain(t))

    def ended(self, sock: TracedSocket) -> None:
        """It was closed, and no table will ever show it."""
        self.catch_up(sock)
        steps = sock.life.ended(self._journal.now())
        self._record(sock.number, sock.program, None, steps, held=sock.fd)

    def saw_unowned(self, one: Unowned, table: TcpTable) -> Row | None:
        """A table that may show it. Its row, None where the kernel has forgotten it."""
        row = table.rows.get(one.pair)
        if row is not None and one.waiting and row.inode != 0:
            return row  # accept(2) has just taken it; the program is about to say so
        if row is not None and (row.inode != 0 or (not one.waiting and row.state in WAITING)):
            row = None  # another connection has the addresses by now
        steps = one.life.saw(
            row.state if row is not None else CLOSE,
            table.t,
            expires=table.expires(row),
            peer=table.peer(one.pair),
        )
        self._record(one.number, one.program, None, steps, held=_held(one))
        expires = table.expires(row)
        if expires is not None and one.state == FIN_WAIT2 and not one.timed:
            one.timed = True
            if not steps:
                self._time(one, expires, table.t)
        if row is None:
            self._connects.pop(_reversed(*one.pair), None)
            self._registry.gone(one)
        return row

    def _time(self, one: Unowned, expires: int, t: int) -> None:
        """It was in its state before a table could show for how long."""
        gauge = Gauge(t=t, program=one.program, sock=one.number, fd=None, expires=expires)
        self._journal.append(gauge)

    def saw_waiting(self, row: Row, t: int) -> Unowned | None:
        """A connection in a listening socket's queue. None where it's known already."""
        pair = (row.local, row.remote)
        one = self._registry.appeared(pair)
        if one is None:
            return None
        opening = self._opening(*pair)
        if opening is not None:
            one.life.began(opening.t)
        self._record(one.number, None, None, one.life.saw(row.state, t), pair)
        return one

    # What the wire shows.

    def crossed(self, whose: TracedSocket | Unowned, move: WireMove) -> bool:
        """A segment shows this move of it. False while a call that may be behind that is under way:
        the call comes first.

        An end in TIME_WAIT only moves where another connection takes its addresses.
        """
        if isinstance(whose, TracedSocket):
            with whose.still:
                if whose.closed or whose.changing:
                    return False
            self.catch_up(whose)
            steps = _crossed(whose.life, move)
            calls = move.new == SYN_SENT and whose.remote is None
            pair = ends(whose, move) if calls else (None, None)
            self._record(whose.number, whose.program, whose.fd, steps, pair)
            return True
        if whose.closed is not None:
            self.catch_up(whose.closed)
        fresh = whose.waiting and whose.state == LISTEN
        steps = _crossed(whose.life, move)
        pair = whose.pair if fresh else (None, None)
        self._record(whose.number, whose.program, None, steps, pair, _held(whose))
        if move.old == TIME_WAIT:
            self._registry.gone(whose)
        return True

    def _record(
        self,
        number: int,
        program: str | None,
        fd: int | None,
        steps: Iterable[Step],
        pair: Pair | tuple[None, None] = (None, None),
        held: int | None = None,
    ) -> None:
        for step in steps:
            self._journal.append(
                State(
                    t=step.t,
                    program=program,
                    cause=step.cause,
                    sock=number,
                    fd=fd,
                    held=held,
                    old=step.old,
                    new=step.new,
                    source=step.source,
                    local=pair[0],
                    remote=pair[1],
                    expires=step.expires,
                )
            )
            pair = (None, None)


def _held(one: Unowned) -> int | None:
    """The descriptor that it had until its program closed it."""
    return one.closed.fd if one.closed is not None else None


def _crossed(life: TcpLife, move: WireMove) -> list[Step]:
    return life.crossed(move.old, move.new, move.t, move.cause, proven=move.proven)


def ends(sock: TracedSocket, move: WireMove) -> Pair:
    """The addresses of a move as the socket's own family writes them."""
    if sock.family == AF_INET6:
        return mapped(move.local), mapped(move.remote)
    return move.local, move.remote


def _reversed(local: Address, remote: Address) -> Pair:
    """The addresses of a connection as its other end has them."""
    return unmapped(remote), unmapped(local)
