"""The walks: which states each TCP socket has gone through, in order, and what caused each step.

A fold over the `state` events. Calls are taken in as well, where the caller has them at hand: the
one that a step names as its cause tells apart what the state machine alone can't (a close from a
shutdown, a RST from a time that ran out). What can't be told apart stays so: a step then has
several moves, and whoever shows it says "or".

How a walk is drawn, and what a person should do next, isn't known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

from socklab.events import Call, Event, Source, State
from socklab.model.tcp_machine import CLOSE, SYN_SENT, TIME_WAIT, Move, Segment, moves

KEEP = 256
"""Steps kept of a socket: one that tries to connect again and again walks for ever."""

MOST = 2048
"""Sockets whose walks are kept."""

_CALLS_KEPT = 64
"""Calls kept that a later step may name as its cause."""

_SLACK = 1_000_000_000
"""Timers are noticed with a later look; an end so much before its time (ns) is no timeout."""

_MOVING = frozenset({"connect", "listen", "shutdown", "close"})

_ACTS = {"close": frozenset({"abort", "close with unread data"})}
"""What a call that succeeded can have been, where no move has its name."""

_OWN_ACTS = frozenset(
    {
        "connect",
        "listen",
        "send",
        "shutdown",
        "close",
        "abort",
        "close with unread data",
        "close of listener",
    }
)

_ERRORS = {
    "ECONNREFUSED": frozenset({"receive RST"}),
    "ECONNRESET": frozenset({"receive RST"}),
    "EPIPE": frozenset({"receive RST"}),
    "ETIMEDOUT": frozenset({"timeout", "keepalive timeout"}),
    "EHOSTUNREACH": frozenset({"receive ICMP error"}),
    "ENETUNREACH": frozenset({"receive ICMP error"}),
    "EACCES": frozenset({"receive ICMP error"}),
}
"""What an error says about the step that led to it (facts: ECONNREFUSED is the peer's RST)."""


class Step(NamedTuple):
    """A socket went from one state to the next.

    `number` counts its steps from 1. `n` is the number of the `state` event, `t` (ns since the
    epoch) when it happened as far as that is known. `causes` are the moves of the state machine
    that may have been it: one where that is known, none where no move leads there. `call` is the
    name of the call that led to it and `fd` the descriptor it was made on, where they are known.
    `expires` (ns since the epoch) is when the new state ends by itself.
    """

    number: int
    n: int
    t: int
    old: str
    new: str
    source: Source
    causes: tuple[Move, ...] = ()
    call: str | None = None
    fd: int | None = None
    expires: int | None = None

    @property
    def inferred(self) -> bool:
        """Whether nobody has seen it: it follows from a call."""
        return self.source == "call"


class Walk:
    """One socket's steps, the latest `keep` to twice `keep` of them; `dropped` counts the others.

    `program` is who held the socket last, where a step has said so.
    """

    def __init__(self, sock: int, *, keep: int = KEEP) -> None:
        self.sock = sock
        self.program: str | None = None
        self.fd: int | None = None
        self.steps: list[Step] = []
        self.dropped = 0
        self._keep = keep
        self._opening: Call | None = None  # what it went to SYN_SENT by: its error tells the end

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def last(self) -> Step | None:
        """The latest step."""
        return self.steps[-1] if self.steps else None

    @property
    def state(self) -> str:
        """The state it is in; a socket that has not moved yet is in CLOSE."""
        return self.steps[-1].new if self.steps else CLOSE

    @property
    def expires(self) -> int | None:
        """When the state ends by itself (ns since the epoch), if it does and that is known."""
        return self.steps[-1].expires if self.steps else None

    def visited(self) -> set[str]:
        """Every state it has been in, as far as the steps are kept."""
        return {state for step in self.steps for state in (step.old, step.new)}

    def copy(self) -> Walk:
        """A walk that goes its own way from now on."""
        other = Walk(self.sock, keep=self._keep)
        other.program, other.fd = self.program, self.fd
        other.steps, other.dropped = list(self.steps), self.dropped
        other._opening = self._opening
        return other

    def add(self, event: State, cause: Call | None = None) -> None:
        """The next step, and the call that led to it where that is at hand."""
        ends_at = self.last.expires if self.last is not None else None
        if event.new == SYN_SENT:
            self._opening = cause
        told_by = self._opening if cause is None and event.old == SYN_SENT else cause
        self.program = event.program or self.program
        self.fd = event.fd if event.fd is not None else self.fd
        self.steps.append(
            Step(
                number=self.dropped + len(self.steps) + 1,
                n=event.n,
                t=event.t,
                old=event.old,
                new=event.new,
                source=event.source,
                causes=_causes(event, told_by, ends_at),
                call=cause.name if cause is not None else None,
                fd=cause.fd if cause is not None else None,
                expires=event.expires,
            )
        )
        if len(self.steps) >= 2 * self._keep:
            del self.steps[: self._keep]
            self.dropped += self._keep


class Walks:
    """The walks of all sockets, by `sock`, after the events applied so far.

    At most `most` to twice `most` are kept: those of sockets that have ended go first, the oldest
    of them before the others.
    """

    def __init__(self, *, most: int = MOST) -> None:
        self.walks: dict[int, Walk] = {}
        self._most = most
        self._calls: dict[int, Call] = {}

    def copy(self) -> Walks:
        """Walks that say the same and from now on change by themselves."""
        other = Walks(most=self._most)
        other.walks = {sock: walk.copy() for sock, walk in self.walks.items()}
        other._calls = dict(self._calls)
        return other

    def apply(self, event: Event) -> None:
        """Take in the journal's next event. Those that are no step of a walk, nor may have led to
        one, are passed over."""
        if type(event) is State:
            self._step(event)
        elif type(event) is Call and (event.error is not None or event.name in _MOVING):
            self._calls[event.n] = event
            if len(self._calls) > _CALLS_KEPT:
                del self._calls[next(iter(self._calls))]

    def of(self, sock: int) -> Walk:
        """The walk of a socket; an empty one if it has not moved."""
        return self.walks.get(sock) or Walk(sock)

    def _step(self, event: State) -> None:
        walk = self.walks.get(event.sock)
        if walk is None:
            walk = self.walks[event.sock] = Walk(event.sock)
            if len(self.walks) > 2 * self._most:
                self._forget()
        walk.add(event, None if event.cause is None else self._calls.get(event.cause))

    def _forget(self) -> None:
        surplus = len(self.walks) - self._most
        ended = (sock for sock, walk in self.walks.items() if walk.state == CLOSE and len(walk))
        for sock in [*islice(ended, surplus)]:
            del self.walks[sock]


def causes(step: Step, peer: Walk | None) -> tuple[Move, ...]:
    """The moves that `step` may have been, once one knows what the other end has done.

    An end that went through TIME_WAIT has acknowledged the FIN; one that sent a RST has reset.
    """
    rows = step.causes
    if len(rows) < 2 or peer is None or peer.last is None or step.new != CLOSE:
        return rows
    acknowledged = TIME_WAIT in peer.visited()
    if acknowledged:
        return _only(rows, lambda row: row.event == "receive ACK of FIN")
    if peer.state != CLOSE:
        return rows
    if any(row.sends == Segment.RST for row in peer.last.causes):
        return _only(rows, lambda row: row.event == "receive RST")
    if peer.last.t <= step.t:  # nobody was left to acknowledge anything
        return _only(rows, lambda row: row.event != "receive ACK of FIN")
    return rows


def _causes(event: State, call: Call | None, ends_at: int | None) -> tuple[Move, ...]:
    """The rows of the state machine that this step may have been, in the table's order."""
    rows = moves(event.old, event.new)
    if len(rows) < 2:
        return rows
    if call is not None:
        told = _events_of(call, event.sock)
        # A call's own name first: what else it can have done has no row of that name.
        found = tuple(row for row in rows if row.event == call.name and call.error is None)
        found = found or tuple(row for row in rows if row.event in told)
        if found:
            return found
    if event.source != "call":  # a call of its own would have been named
        rows = _only(rows, lambda row: row.event not in _OWN_ACTS)
    if ends_at is None:
        return rows
    in_time = event.t >= ends_at - _SLACK
    return _only(rows, lambda row: (row.event == "timeout") == in_time)


def _only(rows: tuple[Move, ...], fits: Callable[[Move], bool]) -> tuple[Move, ...]:
    """Those that fit; all of them if none does, for then something else is not as expected."""
    return tuple(row for row in rows if fits(row)) or rows


def _events_of(call: Call, sock: int) -> frozenset[str]:
    """What a call can have done to the socket `sock`, in the state machine's words."""
    if call.sock != sock and call.name == "close":
        return frozenset({"close of listener"})
    if call.error is not None:
        return _ERRORS.get(call.error, frozenset())
    return _ACTS.get(call.name, frozenset())
