"""What the calls of a journal say that may have sent a frame: by which socket, from where to where.

A fold that keeps a few bytes for each call. It knows no frame; `causing` asks it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from socklab.events import Address, Call, Event, Program
from socklab.model.addresses import is_any, takes, unmapped
from socklab.model.causing_datagrams import ANY_SIZE, Datagrams
from socklab.model.causing_streams import StreamCalls

SLACK = 100_000
"""Nanoseconds: where the kernel stamped a frame, its clock and that of the calls are so far apart
at most."""

_SOON = 1_000_000_000
"""Nanoseconds after a call within which a frame comes onto the wire that it caused at once."""

_BEGUN = ("EINPROGRESS", "EALREADY")
_CALLED = frozenset(
    {None, "EINPROGRESS", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EHOSTUNREACH", "EINTR"}
    | {"ENETUNREACH", "ECONNABORTED", "EPIPE"}
)
"""How a connect(2) may end that has sent a SYN."""

_SHUT = ("SHUT_WR", "SHUT_RDWR")
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}
_LEAST, _MOST = -(1 << 62), 1 << 62

Pair = tuple[Address, Address]
"""The address at one end of a connection, and that at the other."""

_Flow = tuple[str | None, int, Address]
"""A host, a port on it, and the address at the other end of datagrams."""


class Moment(NamedTuple):
    """When call `n` began and was over (ns)."""

    t: int
    over: int
    n: int

    def precedes(self, t: int) -> bool:
        """Whether it had begun at `t`."""
        return self.t <= t + SLACK

    def surrounds(self, t: int) -> bool:
        """Whether `t` is within it, or soon after."""
        return self.precedes(t) and t <= self.over + _SOON


@dataclass(slots=True, eq=False)
class Socket:
    """One socket. `connects` may have sent a SYN; `ended` is the first call that sends a FIN once
    all is sent, `closed` its close(2). `sent` and `taken` are None where its beginning isn't known,
    so that its bytes can't be counted."""

    host: str | None
    datagrams: bool = False
    local: Address | None = None
    remote: Address | None = None
    bound: bool = False
    trying: bool = False
    connects: list[Moment] = field(default_factory=list)
    ended: Moment | None = None
    closed: Moment | None = None
    sent: StreamCalls | None = field(default_factory=StreamCalls)
    taken: StreamCalls | None = field(default_factory=StreamCalls)


class Sockets:
    """Every socket that the calls tell of, by what a frame says of it."""

    def __init__(self) -> None:
        self._hosts: dict[str, str] = {}
        self._sockets: dict[int, Socket] = {}
        self._pairs: dict[Pair, list[tuple[int, Socket]]] = {}
        self._nameless: dict[tuple[str | None, Address], list[Moment]] = {}
        self._listeners: dict[tuple[str | None, int], list[Socket]] = {}
        self._sent: dict[_Flow, Datagrams] = {}
        self._taken: dict[_Flow, Datagrams] = {}

    def learn(self, event: Event) -> None:
        """Take in the journal's next event."""
        if type(event) is Call:
            learn = _LEARN.get(event.name)
            if learn is not None and _LEAST < event.t < _MOST:
                learn(self, event)
        elif type(event) is Program and event.program is not None:
            self._hosts[event.program] = event.host

    # What a frame asks.

    def owner(self, pair: Pair, t: int) -> Socket | None:
        """The socket that had these addresses at `t`, or last before."""
        known = self._pairs.get(pair, ())
        return next((sock for since, sock in reversed(known) if since <= t + SLACK), None)

    def taker(self, pair: Pair, t: int) -> Socket | None:
        """The socket that gets what came to these addresses at `t`: it may be accepted later."""
        found: Socket | None = None
        for since, sock in self._pairs.get(pair, ()):
            if since > t + SLACK:
                return found or sock
            if sock.closed is None or sock.closed.over >= t:
                found = sock
        return found

    def caller(self, host: str, target: Address, t: int) -> int | None:
        """A connect(2) that ended with no local address known, and which hasn't been given yet."""
        waiting = self._nameless.get((host, target), [])
        for place, moment in enumerate(waiting):
            if moment.surrounds(t):
                del waiting[place]
                return moment.n
        return None

    def closer(self, host: str, local: Address, t: int) -> int | None:
        """The close(2) of a listening socket that reset what waited in its queue at `t`."""
        fits = [
            sock.closed.n
            for sock in self._listeners.get((host, local[1]), ())
            if sock.closed is not None
            and sock.closed.surrounds(t)
            and sock.local is not None
            and takes(sock.local, local)
        ]
        return fits[-1] if fits else None

    def sender(self, host: str, pair: Pair, payload: bytes, size: int, t: int) -> int | None:
        """The call that sent this datagram, seen at `t`."""
        flow = self._sent.get((host, pair[0][1], pair[1]))
        return None if flow is None else flow.claim(payload, size, _LEAST, t + SLACK)

    def receiver(self, host: str, pair: Pair, payload: bytes, size: int, t: int) -> int | None:
        """The call that took it."""
        flow = self._taken.get((host, pair[1][1], pair[0]))
        return None if flow is None else flow.claim(payload, size, t - SLACK, _MOST)

    # What the calls say.

    def _of(self, call: Call) -> Socket | None:
        if call.sock is None:
            return None
        sock = self._sockets.get(call.sock)
        if sock is None:
            host = self._hosts.get(call.program or "")
            sock = self._sockets[call.sock] = Socket(host, sent=None, taken=None)
        if call.local is not None and call.name != "accept":
            sock.local = _clean(call.local)
        return sock

    def _opened(self, call: Call) -> None:
        if call.sock is not None and call.error is None:
            host = self._hosts.get(call.program or "")
            self._sockets[call.sock] = Socket(host, "SOCK_DGRAM" in call.args)

    def _bound(self, call: Call) -> None:
        sock = self._of(call)
        if sock is not None and call.error is None:
            sock.bound = True

    def _listened(self, call: Call) -> None:
        sock = self._of(call)
        if sock is not None and call.error is None and sock.local is not None:
            self._listeners.setdefault((sock.host, sock.local[1]), []).append(sock)

    def _accepted(self, call: Call) -> None:
        if call.new_sock is None or call.error is not None:
            return
        sock = self._sockets[call.new_sock] = Socket(self._hosts.get(call.program or ""))
        if call.local is not None and call.remote is not None:
            sock.local, sock.remote = _clean(call.local), _clean(call.remote)
            self._pair(sock, sock.remote, call.t + call.duration)

    def _pair(self, sock: Socket, remote: Address, since: int) -> None:
        assert sock.local is not None
        self._pairs.setdefault((sock.local, remote), []).append((since, sock))

    def _connected(self, call: Call) -> None:
        sock, target = self._of(call), _target(call)
        if sock is None or target is None:
            return
        waited, sock.trying = sock.trying, call.error in _BEGUN
        if call.error in (None, "EINPROGRESS"):
            sock.remote = target
        elif not sock.trying and not sock.bound:
            sock.local = None  # the next attempt has another port
        # A second call on a socket that doesn't block only asks how the first one went.
        asks = waited and call.error != "EINPROGRESS"
        if sock.datagrams or asks or call.error not in _CALLED:
            return
        moment = Moment(call.t, call.t + call.duration, call.n)
        if sock.local is None or is_any(sock.local):
            self._nameless.setdefault((sock.host, target), []).append(moment)
        else:
            sock.connects.append(moment)
            self._pair(sock, target, call.t)

    def _put(self, call: Call) -> None:
        sock = self._of(call)
        if sock is None or call.result is None:
            return
        if not sock.datagrams:
            if sock.sent is not None:
                sock.sent.add(call.n, call.result)
            return
        flow = _flow(sock, call)
        if flow is not None:
            calls = self._sent.setdefault(flow, Datagrams())
            calls.add(call.n, call.t, call.data or b"", call.result)

    def _took(self, call: Call) -> None:
        sock = self._of(call)
        if sock is None or call.result is None or any("MSG_PEEK" in str(a) for a in call.args):
            return
        if not sock.datagrams:
            if sock.taken is not None:
                sock.taken.add(call.n, call.result)
            return
        flow = _flow(sock, call)
        if flow is not None:
            whole = call.args[:1] != (call.result,)
            calls = self._taken.setdefault(flow, Datagrams())
            over = call.t + call.duration
            calls.add(call.n, over, call.data or b"", call.result if whole else ANY_SIZE)

    def _shut(self, call: Call) -> None:
        sock = self._of(call)
        if sock is not None and call.error is None and call.args[:1] and call.args[0] in _SHUT:
            sock.ended = sock.ended or Moment(call.t, call.t + call.duration, call.n)

    def _closed(self, call: Call) -> None:
        sock = self._of(call)
        if sock is not None:
            sock.closed = Moment(call.t, call.t + call.duration, call.n)
            sock.ended = sock.ended or sock.closed


def _clean(address: Address) -> Address:
    """As a frame has it: with no interface's name behind it."""
    host, port = unmapped(address)
    return host.partition("%")[0], port


def _target(call: Call) -> Address | None:
    place = call.remote or (call.args[0] if call.args else None)
    if not isinstance(place, tuple):
        return None
    host, port = _clean(place)
    return _LOOPBACK.get(host, host), port


def _flow(sock: Socket, call: Call) -> _Flow | None:
    other = call.peer or sock.remote
    if sock.local is None or other is None:
        return None
    host, port = _clean(other)
    return sock.host, sock.local[1], (_LOOPBACK.get(host, host), port)


_LEARN: dict[str, Callable[[Sockets, Call], None]] = {
    "socket": Sockets._opened,
    "bind": Sockets._bound,
    "listen": Sockets._listened,
    "accept": Sockets._accepted,
    "connect": Sockets._connected,
    "send": Sockets._put,
    "sendto": Sockets._put,
    "recv": Sockets._took,
    "recvfrom": Sockets._took,
    "shutdown": Sockets._shut,
    "close": Sockets._closed,
}
