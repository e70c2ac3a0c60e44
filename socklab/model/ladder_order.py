"""The order of a ladder's rows: by when things happened, not by when they were recorded.

A call is recorded when it returns, so a receive may be recorded before the send that it follows
from. And a state is recorded when somebody looks, which may be long after; what it must have come
before (the other end's next state, a call that it made succeed) then says better when it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from socklab.events import Address, AnyEvent, Call, State
from socklab.model.addresses import unmapped
from socklab.model.tcp_machine import MOVES, Segment, moves

WAITED = 20_000_000
"""So long (ns) a call may take before a `wait` event says that its program is blocked."""

_TAKES = frozenset({"recv", "recvfrom", "accept", "poll", "select"})
_PASSES = 8

_ALIVE = frozenset({"ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "CLOSE_WAIT"})
_NO_DESCRIPTOR = "closed"
"""In place of the state that a socket went from: any in which it was alive, but nobody's any more.
Such a socket resets the connection when data comes, and the one that is still held is reset."""

Key = tuple[int, int, int]
_Proof = tuple[int, str, str]
"""A socket, and the states that it must have gone from ("": any) and to."""


def happened(event: AnyEvent) -> int:
    """When to draw the event (ns since the epoch).

    A call that takes stands where it got what it took, at its end, and so does one that was
    blocked; a call that sends stands at its start, before whatever follows from it.
    """
    if type(event) is Call and (event.name in _TAKES or event.duration >= WAITED):
        return event.t + event.duration
    return event.t


class Placed(NamedTuple):
    """An event in its place; `t` (ns since the epoch) is None where it was earlier than anybody
    has seen it."""

    event: AnyEvent
    t: int | None


def in_order(
    events: Sequence[AnyEvent], peer_of: Callable[[int], int | None] = lambda sock: None
) -> list[Placed]:
    """The events as they followed from each other.

    `peer_of` tells the other end of a connection that was known before them.
    """
    keys: list[Key] = [(happened(event), event.n, 0) for event in events]
    states = {
        (event.sock, event.new): index for index, event in enumerate(events) if type(event) is State
    }
    if states:
        _pull_back(events, keys, states, _peers(events, peer_of))
    order = sorted(range(len(events)), key=keys.__getitem__)
    return [Placed(events[index], None if keys[index][2] else keys[index][0]) for index in order]


def _pull_back(
    events: Sequence[AnyEvent],
    keys: list[Key],
    states: dict[tuple[int, str], int],
    peer: Callable[[int], int | None],
) -> None:
    """Put every state before what proves that it was reached."""
    proofs = [
        *_walked(events),
        *(
            (later, earlier)
            for later, event in enumerate(events)
            for sock, old, new in _proven(event, peer)
            if (earlier := states.get((sock, new))) is not None
            if _is_move(events[earlier], old)
        ),
    ]
    for _pass in range(_PASSES):
        settled = True
        for later, earlier in proofs:
            if keys[earlier] >= keys[later]:
                t, n, rank = keys[later]
                keys[earlier] = (t, n, rank - 1)
                settled = False
        if settled:
            return


def _is_move(event: AnyEvent, old: str) -> bool:
    if old == _NO_DESCRIPTOR:
        return isinstance(event, State) and event.fd is None and event.old in _ALIVE
    return old in ("", getattr(event, "old", ""))


def _walked(events: Sequence[AnyEvent]) -> Iterator[tuple[int, int]]:
    """Each state of a socket, with the one before it."""
    last: dict[int, int] = {}
    for index, event in enumerate(events):
        if type(event) is State:
            if event.sock in last:
                yield index, last[event.sock]
            last[event.sock] = index


def _proven(event: AnyEvent, peer: Callable[[int], int | None]) -> Iterator[_Proof]:
    """The changes of state that must have come before the event."""
    if type(event) is State:
        other = peer(event.sock)
        if other is not None:
            for old, new in _told_by(event.old, event.new):
                yield other, old, new
            if event.new == "CLOSE" and event.fd is not None and event.old in _ALIVE:
                yield other, _NO_DESCRIPTOR, "CLOSE"
    elif type(event) is Call and event.error is None and not event.cut:
        if event.name == "accept" and event.new_sock is not None:
            yield event.new_sock, "", "ESTABLISHED"
        elif event.name == "recv" and event.result == 0 and event.sock is not None:
            yield event.sock, "", "CLOSE_WAIT"


@cache
def _told_by(old: str, new: str) -> frozenset[tuple[str, str]]:
    """The moves by which the other end sent the segment that this move is due to."""
    received = {
        segment
        for row in moves(old, new)
        for segment in row.event.removeprefix("receive ").split(", ")
    }
    told = {row for row in MOVES if row.sends in received - {Segment.ACK, Segment.RST}}
    acknowledging = [row for row in MOVES if row.sends == Segment.ACK]
    if "ACK of SYN" in received:
        told.update(row for row in acknowledging if row.event == "receive SYN,ACK")
    if "ACK of FIN" in received:
        told.update(row for row in acknowledging if "FIN" in row.event)
    return frozenset((row.old, row.new) for row in told)


def _peers(
    events: Sequence[AnyEvent], known: Callable[[int], int | None]
) -> Callable[[int], int | None]:
    ends: dict[tuple[Address, Address], int] = {}
    addresses: dict[int, tuple[Address, Address]] = {}
    for event in events:
        if not isinstance(event, Call | State) or event.local is None or event.remote is None:
            continue
        new = event.new_sock if isinstance(event, Call) else None
        sock = event.sock if new is None else new
        if sock is not None:
            local, remote = unmapped(event.local), unmapped(event.remote)
            ends[local, remote] = sock
            addresses[sock] = (remote, local)

    def peer(sock: int) -> int | None:
        reverse = addresses.get(sock)
        found = None if reverse is None else ends.get(reverse)
        return known(sock) if found is None else found

    return peer
