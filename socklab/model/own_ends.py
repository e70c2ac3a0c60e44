"""Which addresses on this machine are the lab's: what its sockets have, and have had.

A fold over the journal, for whoever sees everybody's frames and may keep the lab's only. A call is
recorded when it has returned, so a frame may be seen before the call that sent it: what isn't the
lab's now may turn out to be.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from socklab.events import Address, Call, Event, State, Wait
from socklab.model.addresses import takes, unmapped
from socklab.model.frames.outline import Outline
from socklab.model.frames.tcp import ACK, SYN
from socklab.model.tcp_machine import CLOSE

LINGER = 65_000_000_000
"""Nanoseconds for which what a socket had is remembered. Segments of a connection may come so long
after close(2): TIME_WAIT takes 60 s."""

SLACK = 100_000
"""Nanoseconds by which the clocks of frames and of calls may differ."""

_MOST_OVER = 20_000
"""Things that sockets had and that are remembered: in a flood of connections for a shorter time."""

_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}
_BEGUN = ("EINPROGRESS", "EALREADY")

Flow = tuple[str, Address, Address]
"""Protocol and both ends, the lower one first."""


def flow_of(look: Outline) -> Flow | None:
    """What a frame is part of; None for what is no TCP, no UDP and no ICMP error about them."""
    if look.about is not None:
        return flow_of(look.about)
    if look.kind not in ("tcp", "udp"):
        return None
    return _flow(look.kind, look.source, look.destination)


def _flow(kind: str, one: Address, other: Address) -> Flow:
    return (kind, one, other) if one < other else (kind, other, one)


def begins(look: Outline) -> bool:
    """Whether it is the first segment of a connection."""
    return look.kind == "tcp" and look.flags & (SYN | ACK) == SYN


@dataclass(slots=True, eq=False)
class _Hold:
    """When a socket had something: from `since` until `until` (ns; None for still)."""

    since: int
    until: int | None = None

    def at(self, t: int, linger: int = 0) -> bool:
        """Whether it had it at `t`."""
        return self.since <= t + SLACK and (self.until is None or t <= self.until + linger)


class _Bound(NamedTuple):
    address: Address
    hold: _Hold


@dataclass(slots=True, eq=False)
class _Calling:
    """A connect(2) of a socket whose address isn't known: the first SYN to its target is its."""

    target: Address
    hold: _Hold
    flow: Flow | None = None


@dataclass(slots=True, eq=False)
class _Socket:
    """`lent`: the kernel chose its address, and takes it back where the connection ends."""

    kind: str
    bound: _Bound | None = None
    lent: bool = True
    flow: Flow | None = None
    calling: _Calling | None = None


class OwnEnds:
    """See above. `revision` grows with what it knows."""

    def __init__(self) -> None:
        self.revision = 0
        self._sockets: dict[int, _Socket] = {}
        self._bound: dict[tuple[str, int], list[_Bound]] = {}
        self._flows: dict[Flow, _Hold] = {}
        self._calling: dict[Address, list[_Calling]] = {}
        self._over: deque[tuple[int, Callable[[], None]]] = deque()

    # What a frame asks.

    def has(self, look: Outline, t: int) -> bool:
        """Whether a frame seen at `t` is to or from a socket of the lab's, as far as is known."""
        if look.about is not None:
            return self.has(look.about, t)
        flow = flow_of(look)
        if flow is None:
            return False
        if self._is_bound(look.kind, look.source, t):
            return True
        if self._is_bound(look.kind, look.destination, t):
            return True
        hold = self._flows.get(flow)
        # Once the lab's connection is over, its addresses may be another's, which sends a SYN.
        if hold is not None and hold.at(t, 0 if begins(look) else LINGER):
            return True
        return begins(look) and self._is_call(look, flow, t)

    def _is_bound(self, kind: str, address: Address, t: int) -> bool:
        found = self._bound.get((kind, address[1]))
        return found is not None and any(
            bound.hold.at(t) and takes(bound.address, address) > 0 for bound in found
        )

    def _is_call(self, look: Outline, flow: Flow, t: int) -> bool:
        for calling in self._calling.get(look.destination, ()):
            if calling.flow is None and calling.hold.at(t):
                calling.flow = flow
                self._flows[flow] = calling.hold
                return True
        return False

    # What the journal says.

    def learn(self, event: Event) -> None:
        """Take in the journal's next event."""
        if type(event) is Call:
            learn = _LEARN.get(event.name)
            if learn is not None:
                learn(self, event)
            elif event.local is not None:
                self._named(event)
        elif type(event) is Wait:
            if event.name == "connect":
                self._calls(event)
        elif type(event) is State and event.new == CLOSE:
            sock = self._sockets.get(event.sock)
            if sock is not None:
                self._end_flow(sock, event.t)
                if sock.lent:
                    self._unbind(sock, event.t)

    def _opened(self, call: Call) -> None:
        if call.sock is not None and call.error is None:
            self._sockets[call.sock] = _Socket("udp" if "SOCK_DGRAM" in call.args else "tcp")

    def _of(self, call: Call) -> _Socket | None:
        return None if call.sock is None else self._sockets.get(call.sock)

    def _bind(self, call: Call) -> None:
        sock = self._of(call)
        if sock is not None and call.error is None:
            sock.lent = False
            self._named(call)

    def _named(self, call: Call) -> None:
        """The socket has this address now, by whatever call."""
        sock = self._of(call)
        if sock is None or call.local is None:
            return
        self._unbind(sock, call.t)
        address = _clean(call.local)
        sock.bound = _Bound(address, _Hold(call.t))
        self._bound.setdefault((sock.kind, address[1]), []).append(sock.bound)
        self.revision += 1

    def _unbind(self, sock: _Socket, t: int) -> None:
        bound, sock.bound = sock.bound, None
        if bound is not None:
            bound.hold.until = t
            self._forget_later(t, lambda: _remove(self._bound, _key(sock, bound), bound))

    def _accepted(self, call: Call) -> None:
        if call.new_sock is not None and call.local is not None and call.remote is not None:
            sock = self._sockets[call.new_sock] = _Socket("tcp")
            self._join(sock, _clean(call.local), _clean(call.remote), call.t)

    def _join(self, sock: _Socket, local: Address, remote: Address, since: int) -> None:
        flow = _flow(sock.kind, local, remote)
        if sock.flow != flow:
            sock.flow = flow
            self._flows[flow] = _Hold(since)
            self.revision += 1

    def _calls(self, call: Call | Wait) -> _Calling | None:
        """A socket calls, that has no address yet."""
        target = call.args[0] if call.args else None
        sock = None if call.sock is None else self._sockets.get(call.sock)
        if sock is None or sock.kind == "udp" or sock.bound or not isinstance(target, tuple):
            return None
        calling = sock.calling = _Calling(_target(target), _Hold(call.t))
        self._calling.setdefault(calling.target, []).append(calling)
        self.revision += 1
        return calling

    def _connected(self, call: Call) -> None:
        sock = self._of(call)
        if sock is None:
            return
        over = call.t + call.duration
        failed = call.error is not None and call.error not in _BEGUN
        if failed and sock.bound is None:
            self._called(sock.calling or self._calls(call), over)
        elif failed and sock.lent:
            self._unbind(sock, over)
        else:
            self._named(call)
            if sock.kind == "tcp" and sock.bound is not None and call.remote is not None:
                self._join(sock, sock.bound.address, _clean(call.remote), call.t)
            if sock.calling is not None:
                self._forget_call(sock.calling)
        sock.calling = None

    def _called(self, calling: _Calling | None, over: int) -> None:
        """A connect(2) has failed whose socket had no address: its SYN may yet be asked about."""
        if calling is not None:
            calling.hold.until = over
            self._forget_later(over, lambda: self._forget_call(calling))
            self.revision += 1

    def _forget_call(self, calling: _Calling) -> None:
        _remove(self._calling, calling.target, calling)
        if calling.flow is not None:
            self._forget_flow(calling.flow, calling.hold)

    def _closed(self, call: Call) -> None:
        sock = None if call.sock is None else self._sockets.pop(call.sock, None)
        if sock is None:
            return
        over = call.t + call.duration
        self._unbind(sock, over)
        self._end_flow(sock, over)

    def _end_flow(self, sock: _Socket, t: int) -> None:
        flow, sock.flow = sock.flow, None
        hold = None if flow is None else self._flows.get(flow)
        if flow is not None and hold is not None:
            hold.until = t
            self._forget_later(t, lambda: self._forget_flow(flow, hold))

    def _forget_flow(self, flow: Flow, hold: _Hold) -> None:
        if self._flows.get(flow) is hold:
            del self._flows[flow]

    def _forget_later(self, t: int, forget: Callable[[], None]) -> None:
        over = self._over
        over.append((t, forget))
        while over[0][0] < t - LINGER or len(over) > _MOST_OVER:
            over.popleft()[1]()


def _remove(known: dict[Any, list[Any]], key: object, what: object) -> None:
    left = [one for one in known.get(key, ()) if one is not what]
    if left:
        known[key] = left
    else:
        known.pop(key, None)


def _key(sock: _Socket, bound: _Bound) -> tuple[str, int]:
    return sock.kind, bound.address[1]


def _clean(address: Address) -> Address:
    host, port = unmapped(address)
    return host.partition("%")[0], port


def _target(address: Address) -> Address:
    host, port = _clean(address)
    return _LOOPBACK.get(host, host), port


_LEARN: dict[str, Callable[[OwnEnds, Call], None]] = {
    "socket": OwnEnds._opened,
    "bind": OwnEnds._bind,
    "accept": OwnEnds._accepted,
    "connect": OwnEnds._connected,
    "close": OwnEnds._closed,
}
