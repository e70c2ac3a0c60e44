"""What the ladder must know of the past to draw the next row: a fold over calls, waits and states.

Who is blocked and who has which socket is the socket table's business. Kept beside it: how far each
stream has got, and who was at the other end, also once the table has forgotten them.
"""

from __future__ import annotations

from collections.abc import Sequence

from socklab.events import Address, Call, Event, Fate, Frame, State, Wait
from socklab.model.addresses import takes, unmapped
from socklab.model.ladder_streams import Span, Stream
from socklab.model.ladder_wire import Traffic
from socklab.model.rows import Kind, SocketRow
from socklab.model.sockets import SocketTable
from socklab.model.tcp_machine import Move
from socklab.model.transfers import MOVES, SENDS
from socklab.model.walks import Walk

MOST = 512
"""Sockets that are gone are kept in mind, the latest of them, and at most twice as many."""

_CALLS_KEPT = 64
"""Calls kept that a later change of state may name as its cause."""

ANYBODY: frozenset[str] = frozenset()

_Sought = tuple[Kind, Address, Address | None, frozenset[str]]
_TIED = frozenset({"connect", "accept"})
_CAUSES = frozenset({"connect", "listen", "shutdown", "close"})


class Moment:
    """The lab after the events applied so far, as far as the ladder asks.

    `table` are its sockets, of which queues aren't known here. `exact`: nothing before is missing,
    so that the positions in the streams are the true ones. `wire` is what was seen on the wire.
    """

    def __init__(self) -> None:
        self.table = SocketTable()
        self.exact = True
        self.wire = Traffic()
        self._streams: dict[int, Stream] = {}
        self._own: set[int] = set()  # the streams that no copy shares
        self._programs: dict[int, str] = {}
        self._room = 2 * MOST  # how many of them there may be
        self._peers: dict[int, int] = {}
        self._datagrams: set[int] = set()
        self._late: set[int] = set()  # closed, and data has come since
        self._reset: set[int] = set()  # has sent a RST
        self._calls: dict[int, Call] = {}
        self._coming: dict[int, Call] = {}  # the accepts that are still to be applied
        self._calling: dict[int, Call] = {}  # and the connects
        self._bound: dict[_Sought, int | None] = {}
        self._bound_at = -1

    @classmethod
    def like(cls, table: SocketTable, n: int) -> Moment:
        """The moment before event `n`, as far as the later state in `table` tells."""
        moment = cls()
        moment.table = table.copy()
        moment.exact = False
        for program, wait in table.now_blocked.items():
            if wait.n >= n:
                del moment.table.now_blocked[program]
        for row in table.sockets.values():
            if row.kind == "udp":
                moment._datagrams.add(row.sock)
            moment._name(row.sock, row.program)
            moment._link(row.sock)
        return moment

    def copy(self) -> Moment:
        """A moment that is the same, and goes on by itself."""
        other = Moment()
        other.table = self.table.copy()
        other.exact = self.exact
        other.wire = self.wire.copy()
        other._streams = dict(self._streams)
        other._programs = dict(self._programs)
        other._room = self._room
        other._peers = dict(self._peers)
        other._datagrams = set(self._datagrams)
        other._late = set(self._late)
        other._reset = set(self._reset)
        other._calls = dict(self._calls)
        self._own.clear()
        return other

    def weight(self) -> int:
        """How many entries a copy has, about."""
        kept = (self._streams, self._programs, self._peers, self._datagrams, self._calls)
        return self.table.weight() + self.wire.weight() + sum(len(one) for one in kept)

    # What it says

    def program(self, sock: int) -> str | None:
        """Who has the socket, or had it last; for one that waits to be accepted, who listens."""
        return self._programs.get(sock)

    def peer(self, sock: int) -> int | None:
        """The socket at the other end of a TCP connection, if it is in the lab."""
        return self._peers.get(sock)

    def is_datagram(self, sock: int) -> bool:
        """Whether it is a UDP socket."""
        return sock in self._datagrams

    def bound(
        self,
        kind: Kind,
        address: Address,
        sender: Address | None = None,
        among: frozenset[str] = ANYBODY,
    ) -> int | None:
        """The socket that gets what `sender` sends to `address`: one that listens there, or a UDP
        socket that takes the sender's datagrams. `among` are the programs that it may be of, if
        there are any: those of one host."""
        if self._bound_at != self.table.revision:
            self._bound.clear()
            self._bound_at = self.table.revision
        key = (kind, address, sender, among)
        if key not in self._bound:
            self._bound[key] = self._find(kind, address, sender, among)
        return self._bound[key]

    def _find(
        self, kind: Kind, address: Address, sender: Address | None, among: frozenset[str]
    ) -> int | None:
        fits = [
            (takes(row.local, address), row.remote is not None, -row.sock)
            for row in self.table.sockets.values()
            if row.kind == kind and row.local is not None and _would_take(row, sender)
            if not among or self._programs.get(row.sock) in among
        ]
        best, _connected, sock = max(fits, default=(0, False, 0))
        return -sock if best else None

    def end(self, kind: Kind, here: Address, there: Address, among: frozenset[str]) -> int | None:
        """The socket at the end `here` of what crosses between the two addresses: that of the
        connection, or the one that will have it. `among`: as for `bound`."""
        far = SocketRow(sock=-1, kind=kind, local=there, remote=here)
        sock = self.table.across(far)
        if sock is None:
            sock = self.bound(kind, here, there, among)
        if sock is None:
            ends = (here, there)
            calls = self._calling.items()
            sock = next((sock for sock, call in calls if (call.local, call.remote) == ends), None)
        return sock

    def causes(self, state: State) -> tuple[Move, ...]:
        """The moves of the state machine that a change of state may have been."""
        cause = None if state.cause is None else self._calls.get(state.cause)
        if state.cause is None and state.new == "CLOSE":
            cause = self._last_failure(state.sock)
        walk = Walk(state.sock)
        walk.add(state, cause)
        return walk.steps[-1].causes

    def _last_failure(self, sock: int) -> Call | None:
        """What failed last on the socket, whose errno says what became of the connection."""
        calls = reversed(self._calls.values())
        return next((call for call in calls if call.sock == sock and call.error), None)

    def opening(self, state: State) -> Call | Wait | None:
        """The call that a change of state is due to, returned or not, if it is known."""
        cause = None if state.cause is None else self._calls.get(state.cause)
        if cause is not None:
            return cause
        wait = self.table.now_blocked.get(self._programs.get(state.sock, ""))
        return wait if wait is not None and wait.sock == state.sock else None

    def was_answered(self, sock: int) -> bool:
        """Whether data has come after the socket was closed, which TCP answers with RST
        (RFC 9293, section 3.6.1)."""
        return sock in self._late

    def has_reset(self, sock: int) -> bool:
        """Whether a RST of this socket is in the ladder."""
        return sock in self._reset

    def ends(self, state: State) -> tuple[Address | None, Address | None]:
        """The local and the remote address of the socket that a change of state is about."""
        row = self.table.sockets.get(state.sock)
        known: SocketRow | Call | State = state if row is None else row
        if known.remote is None:
            known = self._coming.get(state.sock) or self._calling.get(state.sock) or known
        return known.local, known.remote

    # What changes it

    def foresee(self, events: Sequence[Event]) -> None:
        """These come next: a connection's states before its accept(2) will be known to be its, and
        the segments before its connect(2) has returned."""
        self.wire.foresee(events)
        for event in events:
            if type(event) is not Call:
                continue
            if event.name == "accept" and event.new_sock is not None:
                self._coming[event.new_sock] = event
            elif event.name == "connect" and event.sock is not None and event.local is not None:
                self._calling[event.sock] = event

    def resets(self, sock: int) -> None:
        """A RST of this socket is drawn now."""
        self._reset.add(sock)

    def apply(self, event: Event) -> Span | None:
        """Take in the next event; what it moved of a stream, if anything."""
        if type(event) is Call:
            name = event.name
            if name in MOVES:
                span = self._moved(event)
                self.table.apply(event)
                if event.error is not None:
                    self._keep(event)
                return span
            self._before(event)
            self.table.apply(event)
            if name in _TIED:
                self._tie(event)
        elif type(event) is State:
            self.table.apply(event)
            self._stated(event)
        elif type(event) is Frame or type(event) is Fate:
            self.wire.apply(event)
        else:
            self.table.apply(event)
        return None

    def _moved(self, call: Call) -> Span | None:
        sock, size = call.sock, call.result
        if not size or size < 0 or sock is None or call.cut or sock in self._datagrams:
            return None
        peer = self._peers.get(sock)
        if call.name in SENDS:
            if peer is not None and self._is_orphan(peer):
                self._late.add(peer)
            return self._stream(sock).send(size)
        stream = self._stream(~sock if peer is None else peer)
        flags = call.args[1] if len(call.args) > 1 else None
        if isinstance(flags, str) and "MSG_PEEK" in flags:
            return stream.peek(size)
        return stream.take(size)

    def _is_orphan(self, sock: int) -> bool:
        row = self.table.sockets.get(sock)
        return row is not None and row.fd is None and row.held is not None

    def _stream(self, key: int) -> Stream:
        """What the socket `key` sends; what comes to `sock` from outside the lab has `~sock`."""
        stream = self._streams.get(key)
        if stream is None or key not in self._own:
            stream = Stream() if stream is None else stream.copy()
            self._streams[key] = stream
            self._own.add(key)
        return stream

    def _before(self, call: Call) -> None:
        if call.name == "socket" and call.sock is not None:
            self._name(call.sock, call.program)
            if "SOCK_DGRAM" in call.args:
                self._datagrams.add(call.sock)
        elif call.name in _CAUSES or call.error is not None:
            self._keep(call)

    def _keep(self, call: Call) -> None:
        self._calls[call.n] = call
        if len(self._calls) > _CALLS_KEPT:
            del self._calls[next(iter(self._calls))]

    def _tie(self, call: Call) -> None:
        sock = call.new_sock if call.name == "accept" else call.sock
        if sock is not None:
            self._coming.pop(sock, None)
            self._calling.pop(sock, None)
            self._name(sock, call.program)
            self._link(sock)

    def _stated(self, state: State) -> None:
        row = self.table.sockets.get(state.sock)
        listener = None if row is None or row.listener is None else row.listener
        accept = self._coming.get(state.sock)
        if accept is not None:
            self._meet(state.sock, accept)
        elif state.program is not None:
            self._name(state.sock, state.program)
        elif listener is not None and state.sock not in self._programs:
            self._name(state.sock, self._programs.get(listener))
        if state.local is not None:
            self._link(state.sock)

    def _meet(self, sock: int, accept: Call) -> None:
        """Tie a connection together that the table has one end of."""
        self._name(sock, accept.program)
        if accept.local is None or accept.remote is None or sock in self._peers:
            return
        ends = (unmapped(accept.remote), unmapped(accept.local))
        for row in self.table.sockets.values():
            if row.local is None or row.remote is None or row.kind == "udp":
                continue
            if (unmapped(row.local), unmapped(row.remote)) == ends:
                self._peers[sock], self._peers[row.sock] = row.sock, sock

    def _name(self, sock: int, program: str | None) -> None:
        if program is not None:
            self._programs[sock] = program
            if len(self._programs) > self._room:
                self._forget()

    def _link(self, sock: int) -> None:
        """Tie both ends together, once the table knows them by their addresses."""
        peer = self.table.peer_of(sock)
        if peer is None or sock in self._datagrams or self._peers.get(sock) == peer:
            return
        for end, other in ((sock, peer), (peer, sock)):
            self._peers[end] = other
            early = self._streams.pop(~end, None)
            if early is not None:
                self._stream(other).take(early.received)

    def _forget(self) -> None:
        gone = [sock for sock in self._programs if sock not in self.table.sockets]
        for sock in gone[:-MOST]:
            del self._programs[sock]
            self._peers.pop(sock, None)
            for key in (sock, ~sock):
                self._streams.pop(key, None)
            for kept in (self._datagrams, self._late, self._reset, self._own):
                kept.discard(sock)
        self._room = len(self._programs) + MOST


def _would_take(row: SocketRow, sender: Address | None) -> bool:
    if row.kind == "tcp":
        return row.listening
    if row.remote is None or sender is None:
        return row.remote is None
    return unmapped(row.remote) == unmapped(sender)
