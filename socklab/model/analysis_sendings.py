"""What one side of a connection has sent and doesn't know to have arrived, frame by frame.

Bytes are kept with the frame that carried them last, until an acknowledgement of them comes, and a
few a little longer; an acknowledgement with its frame, until one that says as much has come. All is
bounded: of what lies further back nothing is known.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from typing import NamedTuple

MOST_SPANS = 2048
MOST_ACKS = 256
MOST_KNOWN = 64

_ANY_FRAME = 1 << 62


class Span(NamedTuple):
    """The bytes `seq` up to `end`, last carried by `frame` at `t` (ns)."""

    seq: int
    end: int
    frame: int
    t: int


class Made(NamedTuple):
    """An acknowledgement of all before `ack`, made by `frame` at `t` (ns)."""

    ack: int
    frame: int
    t: int


class Sendings:
    """Of one side: the bytes in order of their numbers, the acknowledgements as they were made."""

    __slots__ = ("_known", "acks", "spans")

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.acks: deque[Made] = deque(maxlen=MOST_ACKS)
        self._known: deque[Span] = deque(maxlen=MOST_KNOWN)

    def copy(self) -> Sendings:
        """One that says the same, and changes by itself."""
        other = Sendings()
        other.spans = self.spans[:]
        other.acks = self.acks.copy()
        other._known = self._known.copy()
        return other

    def sent(self, span: Span) -> None:
        """These bytes were sent, be it again."""
        spans = self.spans
        if spans and span.seq < spans[-1].end:
            self._again(span)
            return
        spans.append(span)
        if len(spans) > MOST_SPANS:
            del spans[: MOST_SPANS // 4]

    def _again(self, span: Span) -> None:
        """Cut it into what is there."""
        spans = self.spans
        first = self._from(span.seq)
        stop = bisect_right(spans, (span.end,), first)
        pieces = [span]
        if first < stop:
            before, after = spans[first], spans[stop - 1]
            if before.seq < span.seq:
                pieces.insert(0, before._replace(end=span.seq))
            if after.end > span.end:
                pieces.append(after._replace(seq=span.end))
        spans[first:stop] = pieces

    def _from(self, seq: int) -> int:
        """The first span that ends behind `seq`."""
        at = bisect_right(self.spans, (seq, _ANY_FRAME))
        return at - 1 if at and self.spans[at - 1].end > seq else at

    def carrying(self, seq: int) -> Span | None:
        """Which frame carried this byte last."""
        at = self._from(seq)
        if at < len(self.spans) and self.spans[at].seq <= seq:
            return self.spans[at]
        return None

    def known_up_to(self, ack: int) -> None:
        """The sender knows that all before `ack` has arrived."""
        spans = self.spans
        count = 0
        for span in spans:
            if span.end > ack:
                break
            self._known.append(span)
            count += 1
        if count:
            del spans[:count]

    def known(self, seq: int) -> Span | None:
        """Which frame carried this byte last, of those whose sender knows that it arrived."""
        for span in reversed(self._known):
            if span.seq <= seq < span.end:
                return span
        return None

    def acknowledged(self, made: Made) -> None:
        """An acknowledgement was sent."""
        self.acks.append(made)

    def heard(self, ack: int) -> None:
        """One of `ack` has arrived: what those before it said is known."""
        acks = self.acks
        while acks and acks[0].ack <= ack:
            acks.popleft()
