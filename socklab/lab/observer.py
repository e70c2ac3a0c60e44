"""The observer: the one thread that looks at the lab's sockets without being their program.

Its looks (TCP_INFO, queue depths, names, the host's tables) are not the program's calls and stay
out of the journal as calls; what changed goes in as `state` and `gauge` events. It never disturbs:
no `dup` (which would hold back a FIN), no change of a socket's mode.

It looks after a call that can change a state, ten times a second at the sockets in view, and once
a second at all the others.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from socklab.events import Address, Gauge, Source, State
from socklab.journal import Journal
from socklab.kernel.look import KNOWS_STATES, Look, look, tcp_table
from socklab.kernel.proc_net import Row
from socklab.lab.registry import Pair, Registry, Unowned
from socklab.lab.traced import TracedSocket, address

_IN_VIEW = 0.1  # seconds between looks
_ELSEWHERE = 1.0
_TABLE_SHARE = 0.05  # of one core's time that reading tables may take


class Observer(threading.Thread):
    """Looks, and records what changed. Any thread may ask once it has been started."""

    def __init__(self, journal: Journal, registry: Registry, net: Path) -> None:
        super().__init__(name="observer", daemon=True)
        self._journal = journal
        self._registry = registry
        self._net = net
        self._wake = threading.Condition()
        self._asked: list[_Request] = []
        self._nudged: dict[int, TracedSocket] = {}
        self._table_wanted = False
        self._in_view: frozenset[int] = frozenset()
        self._ended = False
        self._gauges: dict[int, Look] = {}
        self._next_look = self._next_all = self._next_table = 0.0

    # What others ask of it.

    def nudge(self, sock: TracedSocket) -> None:
        """A call may have changed this socket's state: look soon, without waiting for it."""
        with self._wake:
            self._nudged[sock.number] = sock
            self._wake.notify()

    def names(self, sock: TracedSocket) -> tuple[Address | None, Address | None]:
        """The socket's local and remote address as the kernel has them now; waits for the look."""
        request = _Request(sock)
        self._ask(request)
        return request.local, request.remote

    def look_now(self) -> None:
        """Look at everything and record it before returning."""
        self._ask(_Request(None))

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
        while True:
            with self._wake:
                if not (self._asked or self._nudged or self._ended):
                    self._wake.wait(max(0.0, self._next_look - time.monotonic()))
                asked, self._asked = self._asked, []
                nudged, self._nudged = self._nudged, {}
                ended = self._ended
            for request in asked:
                self._answer(request)
            if ended:
                self._look_at_tables()
                return
            self._look_round(nudged)

    def _answer(self, request: _Request) -> None:
        try:
            if request.sock is None:
                self._look_at(self._registry.open_sockets())
                self._look_at_tables()
            else:
                request.local, request.remote = _names(request.sock)
        finally:
            request.answered.set()

    def _look_round(self, nudged: dict[int, TracedSocket]) -> None:
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
                self._look_at(self._registry.find(self._in_view))
            self._table_wanted = self._table_wanted or self._unsettled()
        if self._table_wanted and now >= self._next_table:
            self._table_wanted = False
            self._look_at_tables()

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
        return bool(self._registry.unowned()) or any(
            look.accept_queue for look in self._gauges.values()
        )

    def _listens(self) -> bool:
        """Whether somebody may be half-way in (SYN_RECV), which no descriptor tells."""
        return any(sock.listening for sock in self._registry.open_sockets())

    # Sockets that a descriptor holds.

    def _look_at(self, socks: Iterable[TracedSocket]) -> None:
        for sock in socks:
            with sock.still:
                if sock.closed:
                    continue
                seen = look(sock.real)
            if sock.is_tcp and seen.state is not None:
                self._saw_state(sock, seen.state)
            self._saw_queues(sock.number, sock.program, sock.fd, seen)

    def _saw_state(self, sock: TracedSocket, state: str) -> None:
        if state == sock.state or sock.closed:
            return
        if state == "CLOSE" and sock.remote is not None and sock.state not in ("", "CLOSE"):
            # The descriptor of a connection in TIME_WAIT says CLOSE; only the table knows.
            state = self._state_in_table(sock) or state
        with sock.still:
            # Closed since: its state goes on among the unowned, where the tables tell.
            if not sock.closed:
                self.record_state(sock, state, "kernel")

    def _state_in_table(self, sock: TracedSocket) -> str | None:
        rows = self._rows({sock.local[1]} if sock.local else set())
        if rows is None:
            return sock.state
        pair = (sock.local, sock.remote)
        return next((row.state for row in rows if (row.local, row.remote) == pair), None)

    def record_state(self, sock: TracedSocket, state: str, source: Source) -> None:
        """The socket is in `state` now, as `source` has it; recorded where that is new."""
        old, sock.state = sock.state, state
        if old != state:
            fd = None if sock.closed else sock.fd
            self._changed(sock.number, sock.program, fd, old, state, source)

    def _changed(
        self,
        number: int,
        program: str | None,
        fd: int | None,
        old: str,
        new: str,
        source: Source,
        pair: Pair | tuple[None, None] = (None, None),
    ) -> None:
        if not old and new != "ESTABLISHED":
            # accept(2) gave it, so it was established, whatever it had become by the first look.
            self._changed(number, program, fd, "", "ESTABLISHED", "call")
            old = "ESTABLISHED"
        self._journal.append(
            State(
                t=self._journal.now(),
                program=program,
                sock=number,
                fd=fd,
                old=old or "CLOSE",
                new=new,
                source=source,
                local=pair[0],
                remote=pair[1],
            )
        )

    def _saw_queues(self, number: int, program: str | None, fd: int | None, seen: Look) -> None:
        if _depths(seen) == _depths(self._gauges.get(number, _EMPTY)):
            return
        self._gauges[number] = seen
        self._journal.append(
            Gauge(
                t=self._journal.now(),
                program=program,
                sock=number,
                fd=fd,
                recv_queue=seen.recv_queue,
                send_queue=seen.send_queue,
                accept_queue=seen.accept_queue,
                backlog=seen.backlog,
                drops=seen.drops,
            )
        )

    def closed(self, sock: TracedSocket, cause: int | None = None) -> None:
        """Its program has closed it: from now on only the tables know what the kernel does."""
        self._gauges.pop(sock.number, None)
        if not sock.is_tcp:
            self._registry.closed(sock)
            return
        unowned = self._registry.closed(sock)
        if unowned is None or not KNOWS_STATES:
            # Never connected: with its only descriptor the kernel's whole record of it went.
            self.record_state(sock, "CLOSE", "call")
            if unowned is not None:
                self._registry.gone(unowned)
            return
        with self._wake:
            self._table_wanted = True
            self._wake.notify()

    # Sockets that only the tables show.

    def _look_at_tables(self) -> None:
        if not KNOWS_STATES:
            return
        began = time.thread_time()
        unowned = self._registry.unowned()
        listeners = {
            sock.local[1]: sock
            for sock in self._registry.open_sockets()
            if sock.listening and sock.local
        }
        ports = {one.pair[0][1] for one in unowned} | set(listeners)
        rows = self._rows(ports)
        if rows is None:
            return
        table = {(row.local, row.remote): row for row in rows}
        for one in unowned:
            self._saw_unowned(one, table.get(one.pair))
        for pair, row in table.items():
            if row.inode == 0 and pair[0][1] in listeners and _may_wait(row):
                self._saw_waiting(pair, row)
        took = time.thread_time() - began
        self._next_table = time.monotonic() + min(_ELSEWHERE, took / _TABLE_SHARE)

    def _rows(self, ports: set[int]) -> list[Row] | None:
        """None where the tables can't be read now (no descriptor is left): that a socket isn't
        seen then says nothing about it."""
        try:
            return tcp_table(self._net, ports) if ports else []
        except OSError:
            return None

    def _saw_unowned(self, one: Unowned, row: Row | None) -> None:
        if one.waiting and row is not None and row.inode != 0:
            return  # accept(2) has just taken it; the program is about to say so
        state = row.state if row is not None and row.inode == 0 else "CLOSE"
        if state != one.state:
            self._record_unowned(one, state)
        if state == "CLOSE":
            self._gauges.pop(one.number, None)
            self._registry.gone(one)
        elif one.waiting and row is not None:
            self._saw_queues(one.number, None, None, Look(recv_queue=row.recv_queue))

    def _saw_waiting(self, pair: tuple[Address, Address], row: Row) -> None:
        one = self._registry.appeared(pair, "CLOSE")
        if one is not None:
            self._record_unowned(one, row.state, first=True)
            self._saw_queues(one.number, None, None, Look(recv_queue=row.recv_queue))

    def _record_unowned(self, one: Unowned, state: str, *, first: bool = False) -> None:
        old, one.state = one.state, state
        pair = one.pair if first else (None, None)
        self._changed(one.number, one.program, None, old, state, "kernel", pair)


_EMPTY = Look()


def _depths(seen: Look) -> tuple[int | None, ...]:
    # A queue that doesn't exist (yet) is as empty as one with nothing in it.
    queues = (seen.recv_queue, seen.send_queue, seen.accept_queue, seen.drops)
    return (*(depth or 0 for depth in queues), seen.backlog)


class _Request:
    """Somebody waits for a look: at one socket's names, or at everything (no socket)."""

    def __init__(self, sock: TracedSocket | None) -> None:
        self.sock = sock
        self.local: Address | None = None
        self.remote: Address | None = None
        self.answered = threading.Event()


def _names(sock: TracedSocket) -> tuple[Address | None, Address | None]:
    local = remote = None
    with sock.still:
        if not sock.closed:
            with contextlib.suppress(OSError):
                local = address(sock.real.getsockname())
            with contextlib.suppress(OSError):
                remote = address(sock.real.getpeername())
    return local, remote


def _may_wait(row: Row) -> bool:
    return row.state in ("ESTABLISHED", "SYN_RECV", "CLOSE_WAIT")
