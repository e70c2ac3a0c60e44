"""The observer: the one thread that looks at the lab's sockets without being their program.

Its looks (TCP_INFO, queue depths, names, the host's tables) are not the program's calls and stay
out of the journal as calls; what changed goes in as `state` and `gauge` events. It never disturbs:
no `dup` (which would hold back a FIN), no change of a socket's mode.

It looks after a call that can change a state, ten times a second at the sockets in view or in a
state that doesn't last, and once a second at all the others. What lies between two looks is worked
out by `model.tcp_life` from the program's calls, which are taken in before each look; a look that a
call may have got ahead of is passed over, for that call's return leads to another one. On a private
host the wire has the first word: what has crossed it by a look is recorded before what that shows.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

from socklab.events import Address, Call
from socklab.journal import Journal
from socklab.kernel.look import KNOWS_STATES, Look, look, tcp_table
from socklab.kernel.tcp_table import TcpTable
from socklab.lab.crossing import Crossing
from socklab.lab.gauging import Gauging
from socklab.lab.host_wire import HostWire
from socklab.lab.lives import WAITING, Lives
from socklab.lab.registry import Registry
from socklab.lab.sampling import Sampling
from socklab.lab.traced import Told, TracedSocket, names
from socklab.model.tcp_machine import (
    CLOSE,
    CLOSING,
    FIN_WAIT1,
    LAST_ACK,
    SYN_RECV,
    SYN_SENT,
    TIME_WAIT,
)

_IN_VIEW = 0.1  # seconds between looks
_ELSEWHERE = 1.0
_TABLE_SHARE = 0.05  # of one core's time that reading tables may take
_NEVER = 1e99
_PASSING = frozenset({SYN_SENT, SYN_RECV, FIN_WAIT1, CLOSING, LAST_ACK})


class Observer(threading.Thread):
    """Looks at one host's sockets, and records what changed. Any thread may ask once it has been
    started."""

    def __init__(
        self,
        journal: Journal,
        registry: Registry,
        net: Path,
        wire: HostWire | None = None,
    ) -> None:
        """`net` is /proc/net of its host; `wire` is the host's end of the wire, if it is on one."""
        super().__init__(name="observer", daemon=True)
        self._journal = journal
        self._registry = registry
        self._net = net
        self._wake = threading.Condition()
        self._asked: list[_Request] = []
        self._nudged: dict[int, TracedSocket] = {}
        self._table_wanted = self._roused = False
        self._in_view: frozenset[int] = frozenset()
        self._ended = False
        self._lives = Lives(journal, registry)
        self._crossing = None if wire is None else Crossing(wire, registry, self._lives, self.rouse)
        self._gauging = Gauging(journal)
        self._sampling = Sampling(journal)
        self._left: deque[TracedSocket] = deque()  # closed, and in no table
        self._next_look = self._next_all = self._next_table = 0.0

    # What others ask of it.

    def nudge(self, sock: TracedSocket) -> None:
        """A call may have changed this socket's state: look soon, without waiting for it."""
        with self._wake:
            self._nudged[sock.number] = sock
            self._wake.notify()

    def accepted(self, n: int, call: Call, made: TracedSocket) -> None:
        """accept(2) gave this socket, as event `n` says: from now on it's looked at."""
        made.told.append(Told(n, call))
        self._registry.opened(made)
        self.nudge(made)

    def closed(self, sock: TracedSocket) -> None:
        """Its program has closed it: from now on only the tables know what the kernel does."""
        self._gauging.forget(sock.number)
        self._sampling.closed(sock)
        unowned = self._registry.closed(sock)
        if not sock.is_tcp:
            return
        if unowned is not None and not KNOWS_STATES:
            self._registry.gone(unowned)
        with self._wake:
            if unowned is None or not KNOWS_STATES:
                # Never connected: with its only descriptor the kernel's whole record of it went.
                self._left.append(sock)
            self._table_wanted = True
            self._wake.notify()

    def rouse(self) -> None:
        """Something has crossed the wire that changed a state: look soon."""
        with self._wake:
            self._roused = True
            self._wake.notify()

    def names(self, sock: TracedSocket) -> tuple[Address | None, Address | None]:
        """The socket's local and remote address as the kernel has them now; waits for the look."""
        request = _Request(sock)
        self._ask(request)
        return request.local, request.remote

    def look_now(self) -> None:
        """Look at everything and record it before returning."""
        self._ask(_Request(None))

    def consult(self, look: Callable[[], None]) -> None:
        """Make a look at something else on this thread, and wait for it. OSError is passed over."""
        self._ask(_Request(None, look))

    def show(self, numbers: Iterable[int]) -> None:
        """These sockets are on a screen now: look at them ten times a second."""
        self._in_view = frozenset(numbers)

    def end(self) -> None:
        """Look a last time, and then no more."""
        with self._wake:
            self._ended = True
            self._wake.notify()
        if self.is_alive():
            self.join()

    def _ask(self, request: _Request) -> None:
        with self._wake:
            served = self.is_alive() and not self._ended
            if served:
                self._asked.append(request)
                self._wake.notify()
        if served:
            request.answered.wait()
        else:
            self._answer(request)

    # The thread.

    def run(self) -> None:
        try:
            self._look_on()
        finally:  # whatever ended it, nobody waits for an answer that won't come
            with self._wake:
                self._ended = True
            for request in self._asked:
                request.answered.set()

    def _look_on(self) -> None:
        while True:
            with self._wake:
                if not (self._asked or self._nudged or self._left or self._roused or self._ended):
                    due = min(self._next_look, self._next_table if self._table_wanted else _NEVER)
                    self._wake.wait(max(0.0, due - time.monotonic()))
                asked, self._asked = self._asked, []
                nudged, self._nudged = self._nudged, {}
                self._roused, ended = False, self._ended
            for request in asked:
                self._answer(request)
            if ended:
                self._take_in_crossed()
                self._look_at_tables()
                return
            self._look_round(nudged)

    def _answer(self, request: _Request) -> None:
        try:
            if request.look is not None:
                with contextlib.suppress(OSError):
                    request.look()
            elif request.sock is None:
                self._next_table = 0.0
                self._look_at(self._registry.open_sockets())
                self._look_at_tables()
            else:
                request.local, request.remote = names(request.sock)
        finally:
            request.answered.set()

    def _look_round(self, nudged: dict[int, TracedSocket]) -> None:
        self._take_in_crossed()
        self._dismiss()
        now = time.monotonic()
        if nudged:
            self._look_at(self._neighbours(nudged))
            self._table_wanted = self._table_wanted or self._unsettled()
        if now >= self._next_look:
            self._next_look = now + _IN_VIEW
            if now >= self._next_all:
                self._next_all = now + _ELSEWHERE
                self._table_wanted = self._listens()
                self._look_at(self._registry.open_sockets())
            else:
                self._look_at(self._in_view_or_passing())
            self._table_wanted = self._table_wanted or self._unsettled()
        if self._table_wanted and now >= self._next_table:
            self._table_wanted = False
            self._look_at_tables()

    def _in_view_or_passing(self) -> Iterable[TracedSocket]:
        """Those on a screen, and those in states that don't last."""
        shown = self._in_view
        return [
            sock
            for sock in self._registry.open_sockets()
            if sock.number in shown or sock.state in _PASSING
        ]

    def _neighbours(self, nudged: dict[int, TracedSocket]) -> Iterable[TracedSocket]:
        """The sockets themselves, and those at the other end that the same segment changed."""
        everyone = self._registry.open_sockets()
        if len(everyone) <= 64:
            return everyone
        ends = {(sock.remote, sock.local) for sock in nudged.values()}
        return [
            sock
            for sock in everyone
            if sock.number in nudged or (sock.local, sock.remote) in ends or sock.listening
        ]

    def _unsettled(self) -> bool:
        """Whether there may be sockets that only the tables show."""
        return bool(self._registry.unowned()) or self._gauging.somebody_waits

    def _listens(self) -> bool:
        """Whether somebody may be half-way in (SYN_RECV), which no descriptor tells."""
        return any(sock.listening for sock in self._registry.open_sockets())

    # What the wire has told.

    def _take_in_crossed(self) -> set[int]:
        """Record what has crossed the wire by now. The sockets that it concerns, by number: what an
        earlier look said of their state may be from before it, so they are looked at again."""
        if self._crossing is None:
            return set()
        concerned = self._crossing.record(self._journal.now(), self._left)
        with self._wake:
            for one in concerned:
                if isinstance(one, TracedSocket):
                    self._nudged[one.number] = one
                else:
                    self._table_wanted = True
            if self._crossing.waits:  # perhaps for a socket that only the table shows
                self._table_wanted = True
        return {one.number for one in concerned}

    # Sockets that a descriptor holds.

    def _look_at(self, socks: Iterable[TracedSocket]) -> None:
        looks = [found for sock in socks if (found := self._look(sock)) is not None]
        crossed = self._take_in_crossed()
        missed = []
        for sock, seen, t in looks:
            if sock.is_tcp and sock.number not in crossed and self._saw(sock, seen, t):
                missed.append(sock)
            with sock.still:
                # What a call is doing comes after the call, and the end of it makes for another
                # look; what was closed since is forgotten by `closed`, which comes after that.
                if not (sock.closed or sock.changing):
                    self._gauging.saw(sock.number, sock.program, sock.fd, seen)
            self._sampling.saw(sock, seen, in_view=sock.number in self._in_view)
        if missed:
            self._look_for(missed)

    def _look(self, sock: TracedSocket) -> tuple[TracedSocket, Look, int] | None:
        """The look at it and when it was, None if it's closed."""
        self._lives.catch_up(sock)
        with sock.still:
            if sock.closed:
                return None
            entries, quiet = sock.entries, not sock.inside and sock.driven is None
            seen = look(sock.real)
        if quiet:  # else what was found before the call that is under way still holds for that
            sock.unread_at = entries if seen.recv_queue else None
        return sock, seen, self._journal.now()

    def _saw(self, sock: TracedSocket, seen: Look, t: int) -> bool:
        """What a look at its descriptor says of its state; True where only the tables tell."""
        if not KNOWS_STATES:
            self._lives.unseen(sock, t)
        elif seen.state == CLOSE and sock.life.may_be_in_time_wait:
            return sock.state != TIME_WAIT or time.monotonic() >= self._next_table
        elif seen.state is not None:
            self._lives.saw(sock, seen.state, t)
        return False

    def _look_for(self, missed: list[TracedSocket]) -> None:
        began = time.thread_time()
        ports = {sock.local[1] for sock in missed if sock.local is not None}
        ports |= {sock.remote[1] for sock in missed if sock.remote and sock.life.asks_for_peer}
        table = self._table(ports)
        if table is not None:
            crossed = self._take_in_crossed()
            for sock in missed:
                if sock.number not in crossed:
                    self._lives.missed(sock, table)
            self._paid(began)

    # Sockets that only the tables show.

    def _look_at_tables(self) -> None:
        self._dismiss()
        if not KNOWS_STATES:
            return
        began = time.thread_time()
        unowned = self._registry.unowned()
        for one in unowned:
            if one.closed is not None:
                self._lives.catch_up(one.closed)
        listening = {
            sock.local[1]
            for sock in self._registry.open_sockets()
            if sock.listening and sock.local is not None
        }
        ports = {one.pair[0][1] for one in unowned} | listening
        table = self._table(ports | {one.pair[1][1] for one in unowned if one.life.asks_for_peer})
        if table is None:
            return
        crossed = self._take_in_crossed()
        for one in unowned:
            if one.number in crossed:
                continue
            row = self._lives.saw_unowned(one, table)
            if row is None:
                self._gauging.forget(one.number)
            elif one.waiting:
                self._gauging.saw(one.number, None, None, Look(recv_queue=row.recv_queue))
        for row in table.rows.values():
            if row.inode == 0 and row.local[1] in listening and row.state in WAITING:
                new = self._lives.saw_waiting(row, table.t)
                if new is not None:
                    self._gauging.saw(new.number, None, None, Look(recv_queue=row.recv_queue))
        self._paid(began)

    def _dismiss(self) -> None:
        if self._left:
            self._take_in_crossed()
        while self._left:
            self._lives.ended(self._left.popleft())

    def _table(self, ports: set[int]) -> TcpTable | None:
        """None where the tables can't be read now (no descriptor is left): that a socket isn't
        seen then says nothing about it."""
        try:
            rows = tcp_table(self._net, ports) if ports else []
        except OSError:
            return None
        return TcpTable(rows, self._journal.now())

    def _paid(self, began: float) -> None:
        """Reading the tables cost the thread's time since `began`: not again too soon."""
        took = time.thread_time() - began
        self._next_table = time.monotonic() + min(_ELSEWHERE, took / _TABLE_SHARE)


class _Request:
    """Somebody waits for a look: at one socket's names, at everything (no socket), or `look`."""

    def __init__(self, sock: TracedSocket | None, look: Callable[[], None] | None = None) -> None:
        self.sock = sock
        self.look = look
        self.local: Address | None = None
        self.remote: Address | None = None
        self.answered = threading.Event()
