"""Which system calls caused a frame, and which took what it brought.

It follows from what both say: from addresses, times and positions. TCP numbers every byte from its
SYN on, and a journal has every call, so the bytes of a socket's sends stand in its stream one
behind the other; of a datagram the size and the first bytes tell. Where the beginning of a
connection or of a socket isn't in the journal, nothing is said of its bytes.

It takes two walks through a journal: `learn` takes in every event, since a call is recorded when it
has returned, and what it sent may have gone long before. Then `of` is asked about each frame, in
their order.
"""

from __future__ import annotations

from typing import NamedTuple

from socklab.events import Event, Frame
from socklab.model.causing_sockets import Pair, Socket, Sockets
from socklab.model.causing_streams import NO_CALLS, Calls, Way
from socklab.model.frames.outline import Outline, outline
from socklab.model.frames.tcp import ACK, FIN, RST, SYN

_REMEMBERED = 4096
"""Datagrams whose copies and further fragments are still known."""

_IPV4_HEADER, _IPV6_HEADER, _UDP_HEADER = 14, 54, 8
_FRAGMENT_HEADER = 8


class Caused(NamedTuple):
    """`by`: the calls that made a host send the frame; `taken`: those that took what it brought."""

    by: Calls = NO_CALLS
    taken: Calls = NO_CALLS


NOTHING = Caused()

_Piece = tuple[str, str, int, int]


class Causes:
    """See above. What it keeps grows with the calls: some twenty bytes for each send or receive."""

    def __init__(self) -> None:
        self._sockets = Sockets()
        self._ways: dict[Pair, Way] = {}
        self._called: dict[tuple[Pair, int], int] = {}
        self._recent: dict[int | _Piece, Caused] = {}

    def learn(self, event: Event) -> None:
        """Take in the journal's next event, on the first walk."""
        self._sockets.learn(event)

    def of(self, frame: Frame, arrived: bool) -> Caused:
        """The calls that have to do with the next frame; `arrived`: its receiver got it whole."""
        look = outline(frame.data, frame.size)
        if look.kind == "tcp":
            return self._of_segment(frame, look, arrived)
        if look.kind == "udp":
            return self._of_datagram(frame, look, arrived)
        if look.fragment is not None:
            return self._recent.get(_piece(look), NOTHING)
        return NOTHING

    # TCP

    def _of_segment(self, frame: Frame, look: Outline, arrived: bool) -> Caused:
        pair, back = (look.source, look.destination), (look.destination, look.source)
        way = self._way(pair, look)
        answered = self._ways.get(back)
        if answered is not None and look.flags & ACK:
            answered.known = max(answered.known, answered.position(look.ack))
        owner = self._sockets.owner(pair, frame.t)
        by, taken = NO_CALLS, NO_CALLS
        if way is not None and look.length:
            start = way.position(look.seq) + (1 if look.flags & SYN else 0)
            stop = start + look.length
            if owner is not None and owner.sent is not None:
                by = owner.sent.between(start, stop)
            if arrived and stop > way.known:
                taken = self._taken(back, frame.t, start, stop)
        sign = self._of_flags(frame, look, pair, owner)
        return Caused(by if sign is None else Calls((*by.numbers, sign), by.more), taken)

    def _way(self, pair: Pair, look: Outline) -> Way | None:
        way = self._ways.get(pair)
        if look.flags & SYN and (way is None or way.syn != look.seq):
            way = self._ways[pair] = Way(look.seq)
        return way

    def _taken(self, pair: Pair, t: int, start: int, stop: int) -> Calls:
        taker = self._sockets.taker(pair, t)
        return (
            NO_CALLS if taker is None or taker.taken is None else taker.taken.between(start, stop)
        )

    def _of_flags(
        self, frame: Frame, look: Outline, pair: Pair, owner: Socket | None
    ) -> int | None:
        """The call that is to blame for a SYN, a FIN or a RST."""
        if look.flags & SYN:
            return None if look.flags & ACK else self._call_for(frame, look, pair, owner)
        if look.flags & RST:
            # Without ACK, or with the number 0, it answers a segment: no call asked for it.
            return self._resetter(frame, pair, owner) if look.flags & ACK and look.seq else None
        if look.flags & FIN and owner is not None and owner.ended is not None:
            return owner.ended.n if owner.ended.precedes(frame.t) else None
        return None

    def _call_for(
        self, frame: Frame, look: Outline, pair: Pair, owner: Socket | None
    ) -> int | None:
        if owner is not None:
            return max((one.n for one in owner.connects if one.precedes(frame.t)), default=None)
        known = self._called.get((pair, look.seq))
        if known is None:
            known = self._sockets.caller(frame.sender, pair[1], frame.t)
            if known is not None:
                self._called[pair, look.seq] = known
        return known

    def _resetter(self, frame: Frame, pair: Pair, owner: Socket | None) -> int | None:
        if owner is not None and owner.closed is not None and owner.closed.surrounds(frame.t):
            return owner.closed.n
        return self._sockets.closer(frame.sender, pair[0], frame.t)

    # UDP

    def _of_datagram(self, frame: Frame, look: Outline, arrived: bool) -> Caused:
        if frame.cause is not None and frame.cause in self._recent:
            return self._recent[frame.cause]
        pair, (payload, size) = (look.source, look.destination), _datagram(frame.data, look)
        sender = self._sockets.sender(frame.sender, pair, payload, size, frame.t)
        receiver = None
        if arrived:
            receiver = self._sockets.receiver(frame.receiver, pair, payload, size, frame.t)
        caused = Caused(_calls(sender), _calls(receiver))
        self._remember(frame.n, caused)
        if look.fragment is not None:
            self._remember(_piece(look), caused)
        return caused

    def _remember(self, key: int | _Piece, caused: Caused) -> None:
        self._recent[key] = caused
        if len(self._recent) > _REMEMBERED:
            del self._recent[next(iter(self._recent))]


def _calls(n: int | None) -> Calls:
    return NO_CALLS if n is None else Calls((n,))


def _datagram(data: bytes, look: Outline) -> tuple[bytes, int]:
    """What is there of a datagram's bytes, and how many it has in all."""
    if data[12:14] == b"\x08\x00":
        start = _IPV4_HEADER + (data[_IPV4_HEADER] & 15) * 4
    else:
        start = _IPV6_HEADER + (0 if look.fragment is None else _FRAGMENT_HEADER)
    size = int.from_bytes(data[start + 4 : start + 6]) - _UDP_HEADER
    payload = data[start + _UDP_HEADER :]
    return payload[: max(size, 0)], size


def _piece(look: Outline) -> _Piece:
    ident = 0 if look.fragment is None else look.fragment.ident
    return look.source[0], look.destination[0], look.protocol, ident
