"""Whose the moves are that segments on the wire show, and their record: `state` events of source
`wire`.

The wire knows both addresses of a connection; a socket's are known once connect(2) or accept(2) has
returned. A move that comes before that waits until its socket is known, those of the same
connection behind it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from socklab.events import Address, Call
from socklab.kernel.tcp_table import Pair
from socklab.lab.host_wire import HostWire
from socklab.lab.lives import Lives, ends
from socklab.lab.registry import Registry, Unowned
from socklab.lab.scopes import unscoped
from socklab.lab.traced import TracedSocket, names
from socklab.model.addresses import takes, unmapped
from socklab.model.tcp_machine import CLOSE, LISTEN, TIME_WAIT
from socklab.model.wire_end import WireMove

_PATIENCE = 1_000_000_000
"""Nanoseconds that a move waits for its socket; then it is nobody's, and looks tell the rest."""

_MOST_CALLERS = 1024


class Crossing:
    """The moves of one host's sockets that have been told and not been recorded yet. Of the
    observer's thread, which is roused when there are more."""

    def __init__(
        self, wire: HostWire, registry: Registry, lives: Lives, rouse: Callable[[], None]
    ) -> None:
        self._wire = wire
        self._rouse = rouse
        self._registry = registry
        self._lives = lives
        self._moves: deque[WireMove] = deque()
        self._callers: dict[Pair, TracedSocket] = {}  # those whose names the lab doesn't know
        self._open: list[TracedSocket] = []
        self._left: list[TracedSocket] = []
        self._held: dict[Pair, TracedSocket] = {}  # by the addresses that its segments bear
        wire.told = self._told

    @property
    def waits(self) -> bool:
        """Whether there are moves whose socket isn't known yet."""
        return bool(self._moves)

    def _told(self, move: WireMove) -> None:
        self._moves.append(move)
        self._rouse()

    def record(self, now: int, left: Iterable[TracedSocket]) -> list[TracedSocket | Unowned]:
        """Record what has crossed by now (ns since the epoch). Those whose state it concerns.

        `left` have been closed and had no connection by then.
        """
        self._wire.settle()
        if not self._moves:
            return []
        self._open = [sock for sock in self._registry.open_sockets() if sock.is_tcp]
        self._left = list(left)
        self._held = {
            (unmapped(sock.local), unmapped(sock.remote)): sock
            for sock in self._open
            if sock.local is not None and sock.remote is not None
        }
        concerned: list[TracedSocket | Unowned] = []
        waiting: dict[Pair, list[WireMove]] = {}
        for _move in range(len(self._moves)):
            move = self._moves.popleft()
            pair = (move.local, move.remote)
            whose = None if pair in waiting else self._whose(move)
            if whose is not None and self._lives.crossed(whose, move):
                concerned.append(whose)
            elif whose is not None or now - move.t < _PATIENCE:
                waiting.setdefault(pair, []).append(move)
        for moves in waiting.values():
            self._moves.extendleft(reversed(moves))
        return concerned

    def _whose(self, move: WireMove) -> TracedSocket | Unowned | None:
        pair = (move.local, move.remote)
        holder = self._held.get(pair)
        unowned = self._registry.unowned_at(pair)
        if move.old == TIME_WAIT:  # another connection takes the addresses: this one is over
            return unowned
        if holder is not None:
            return holder
        if move.old == CLOSE:
            return self._calls(move) or _unbegun(unowned)
        if move.old == LISTEN:
            return self._arrival(move) if unowned is None else _waiting(unowned)
        return unowned or self._called(pair)

    def _calls(self, move: WireMove) -> TracedSocket | Unowned | None:
        caller = self._caller(move)
        if caller is None:
            return None
        self._callers[move.local, move.remote] = caller
        if len(self._callers) > _MOST_CALLERS:
            del self._callers[next(iter(self._callers))]
        return self._called((move.local, move.remote))

    def _called(self, pair: Pair) -> TracedSocket | Unowned | None:
        caller = self._callers.get(pair)
        if caller is None or caller not in self._left:
            return caller
        return Unowned(caller.number, pair, caller.life, caller)

    def _caller(self, move: WireMove) -> TracedSocket | None:
        """The socket whose SYN it was: the one that has the port, else the only one that may be."""
        known = (*self._open, *self._left)
        calling = [sock for sock in known if not sock.listening and sock.remote is None]
        by_port = [sock for sock in calling if _fits(sock.local or _bound(sock), move.local)]
        may_be = by_port or [sock for sock in calling if _tried(sock, move)]
        return may_be[0] if len(may_be) == 1 else None

    def _arrival(self, move: WireMove) -> Unowned | None:
        """A connection that is new to a listening socket; None where it isn't certain that the
        kernel keeps it: with its queue full it may answer with a SYN cookie and forget."""
        listeners = [sock for sock in self._open if sock.listening]
        listener = max(listeners, key=lambda sock: _fits(sock.local, move.local), default=None)
        if listener is None or not _fits(listener.local, move.local):
            return None
        if self._wire.only_cookies:
            return None
        waiting = [one for one in self._registry.unowned() if one.waiting]
        if sum(one.pair[0][1] == move.local[1] for one in waiting) >= listener.backlog:
            return None
        return self._registry.appeared(ends(listener, move))


def _unbegun(one: Unowned | None) -> Unowned | None:
    """It was closed before anything of it had been recorded."""
    return one if one is not None and one.state == CLOSE else None


def _waiting(one: Unowned) -> Unowned | None:
    return one if one.waiting else None


def _bound(sock: TracedSocket) -> Address | None:
    """Where connect(2), which it is in, has bound it."""
    return names(sock)[0] if sock.inside else None


def _fits(bound: Address | None, address: Address) -> int:
    return 0 if bound is None else takes(bound, address)


def _tried(sock: TracedSocket, move: WireMove) -> bool:
    """Whether its last connect(2) that has returned was to that place at that time."""
    told = [one.event for one in list(sock.told) if one.event.name == "connect"]
    call = told[-1] if told else sock.tried
    if not isinstance(call, Call) or not isinstance(call.args[0], tuple):
        return False
    there = unmapped(unscoped(call.args[0])) == move.remote
    return there and call.t <= move.t <= call.t + call.duration
