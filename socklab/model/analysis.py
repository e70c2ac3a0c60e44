"""All TCP connections on the wire, segment by segment: a fold over frames and their fates.

What each segment is `segments` tells, why it was sent again `analysis_causes`. The work per frame
is the same however long the journal, and so is the memory: the connections of long ago are
forgotten. Numbers of streams are Wireshark's (`tcp.stream`).
"""

from __future__ import annotations

import msgspec

from socklab.events import Address, AnyEvent, Fate, Frame
from socklab.model import analysis_causes as causes
from socklab.model.analysis_causes import Fates, Passing, Side
from socklab.model.analysis_remarks import Cause, Kind, Remark, Why
from socklab.model.fates import arrived
from socklab.model.frames.outline import Outline, outline
from socklab.model.frames.tcp import SYN
from socklab.model.frames.text import Relative
from socklab.model.segments import Connection, Segment

MOST_STREAMS = 1024

Pair = tuple[Address, Address]

_AGAIN = frozenset({Kind.RETRANSMISSION, Kind.FAST_RETRANSMISSION, Kind.SPURIOUS_RETRANSMISSION})
_REPEATING = _AGAIN | {Kind.OUT_OF_ORDER, Kind.DUPLICATE_ACK, Kind.KEEP_ALIVE}


class Seen(msgspec.Struct, frozen=True, gc=False):
    """A segment in its connection: the frame's number, its stream, its numbers as `Segment` has
    them, from where they are counted, and what there is to say of it."""

    frame: int
    stream: int
    seq: int
    end: int
    ack: int | None
    window: int
    relative: Relative
    remarks: tuple[Remark, ...] = ()


class _Stream:
    """One connection: what its segments are, and what becomes of them. Side 0 is the one whose
    segment came first."""

    __slots__ = ("busy", "connection", "pair", "sides")

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.connection = Connection()
        self.sides = (Side(), Side())
        self.busy = True  # since it was last thought of forgetting it

    def copy(self) -> _Stream:
        """One that says the same, and changes by itself."""
        other = _Stream.__new__(_Stream)
        other.pair, other.busy = self.pair, self.busy
        other.connection = self.connection.copy()
        other.sides = (self.sides[0].copy(), self.sides[1].copy())
        return other


class Analysis:
    """What there is to say of each segment. Of one thread."""

    def __init__(self) -> None:
        self._streams: dict[int, _Stream] = {}
        self._places: dict[Pair, tuple[int, int]] = {}  # the stream and the side
        self._own: set[int] = set()  # the streams that no copy shares
        self._count = 0
        self._fates = Fates()

    def copy(self) -> Analysis:
        """One that says the same, and changes by itself."""
        other = Analysis()
        other._streams = self._streams.copy()
        other._places = self._places.copy()
        other._count = self._count
        other._fates = self._fates.copy()
        self._own.clear()
        return other

    def apply(self, event: AnyEvent) -> Seen | None:
        """Take in the journal's next event. What it makes there is to say of a TCP segment: for a
        frame all but what only its arrival tells, which its fate adds; mostly it adds nothing."""
        if isinstance(event, Frame):
            return self._frame(event)
        return self._fate(event) if isinstance(event, Fate) else None

    def _frame(self, event: Frame) -> Seen | None:
        look = outline(event.data, event.size)
        if look.kind != "tcp" or look.fragment is not None:
            return None
        number, side = self._place(look)
        stream = self._mine(number)
        stream.busy = True
        segment = stream.connection.see(side, look, event.id, event.t)
        copied = None if event.cause is None else self._fates.original(event.cause)
        remarks: tuple[Remark, ...] = ()
        if segment.kinds:
            remarks = self._remarks(stream, side, segment, event, copied)
        if copied is None:
            heard = stream.connection.ways[side].heard
            stream.sides[side].sends(event.id, segment, event.t, heard)
        passing = Passing(event.n, event.t, number, side, segment, copied is not None)
        self._fates.begin(event.id, passing)
        return _seen(event.id, number, side, stream, segment, remarks)

    def _place(self, look: Outline) -> tuple[int, int]:
        """Which stream a segment is of, a new one if need be, and from which side."""
        pair = (look.source, look.destination)
        place = self._places.get(pair)
        if place is not None:
            if not look.flags & SYN:
                return place
            if not self._streams[place[0]].connection.is_another(place[1], look):
                return place
            self._forget(place[0])
        number = self._count
        self._count += 1
        self._streams[number] = _Stream(pair)
        self._own.add(number)
        self._places[pair[1], pair[0]] = number, 1
        self._places[pair] = number, 0
        if len(self._streams) > MOST_STREAMS:
            self._make_room()
        return number, 0

    def _make_room(self) -> None:
        """Forget the oldest stream on which nothing has come since it was last its turn."""
        while True:
            number, stream = next(iter(self._streams.items()))
            if not stream.busy:
                self._forget(number)
                return
            del self._streams[number]
            self._streams[number] = stream
            self._mine(number).busy = False

    def _forget(self, number: int) -> None:
        pair = self._streams.pop(number).pair
        self._own.discard(number)
        self._places.pop(pair, None)
        self._places.pop((pair[1], pair[0]), None)

    def _mine(self, number: int) -> _Stream:
        """The stream, to be changed."""
        stream = self._streams[number]
        if number not in self._own:
            stream = self._streams[number] = stream.copy()
            self._own.add(number)
        return stream

    def _remarks(
        self, stream: _Stream, side: int, segment: Segment, event: Frame, copied: int | None
    ) -> tuple[Remark, ...]:
        mine, other = stream.sides[side], stream.sides[1 - side]
        way, back = stream.connection.ways[side], stream.connection.ways[1 - side]
        remarks = []
        for kind in segment.kinds:
            nth, of, cause = 0, None, None
            if kind in _AGAIN:
                span = mine.sendings.carrying(segment.seq) or mine.sendings.known(segment.seq)
                of = span.frame if span else None
            if copied is not None and kind in _REPEATING:
                of, cause = copied, Cause(Why.COPIED, copied)
            elif kind in _AGAIN:
                cause = causes.of_retransmission(
                    mine, other, segment.seq, back.ack, event.t, self._fates
                )
            elif kind is Kind.DUPLICATE_ACK and way.ack is not None:
                cause = causes.of_duplicate(other, way.ack, event.t, self._fates)
            elif kind is Kind.KEEP_ALIVE and back.closed_by is not None:
                cause = Cause(Why.CLOSED, back.closed_by)
            if kind is Kind.DUPLICATE_ACK:
                nth, of = way.duplicates, way.ack_frame
            remarks.append(Remark(kind, event.id, nth, of, cause))
        return tuple(remarks)

    def _fate(self, event: Fate) -> Seen | None:
        passing = self._fates.passing(event.id)
        if passing is None:
            return None
        if event.verdict == "held":
            self._fates.held(event.id)
            return None
        came = arrived(event)
        self._fates.end(event, came)
        if not came or passing.stream not in self._streams:
            return None
        return self._arrived(passing, event)

    def _arrived(self, passing: Passing, event: Fate) -> Seen | None:
        number, side, segment = passing.stream, passing.side, passing.segment
        stream = self._mine(number)
        mine, other = stream.sides[side], stream.sides[1 - side]
        way, back = stream.connection.ways[side], stream.connection.ways[1 - side]
        overtaken = causes.arrive(mine, event, passing, back.ack)
        ack = segment.ack
        if ack is not None and ack > way.heard:
            way.heard = ack
            other.hears(ack, mine)
        elif segment.kinds and Kind.DUPLICATE_ACK in segment.kinds:
            way.duplicate_came = event.t
        if overtaken is None:
            return None
        cause = Cause(Why.OVERTAKEN, overtaken)
        remark = Remark(Kind.OUT_OF_ORDER, event.id, 0, overtaken, cause)
        return _seen(event.id, number, side, stream, segment, (remark,))


def _seen(
    frame: int,
    number: int,
    side: int,
    stream: _Stream,
    segment: Segment,
    remarks: tuple[Remark, ...],
) -> Seen:
    relative = stream.connection.relatives[side]
    seq, end, ack, window = segment[:4]
    return Seen(frame, number, seq, end, ack, window, relative, remarks)
