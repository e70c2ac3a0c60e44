"""Why a segment was sent again, told from what became of the frames before it.

Only what the lab knows: each frame's fate. A sender's reasons are its kernel's own and can't be
seen; but bytes are sent again for want of an acknowledgement, and why none has come can be told:
the bytes didn't arrive, or others before them, or the acknowledgement didn't.
"""

from __future__ import annotations

from itertools import islice
from typing import NamedTuple

from socklab.events import Fate
from socklab.model.analysis_remarks import Cause, Role, Why
from socklab.model.analysis_sendings import MOST_SPANS, Made, Sendings, Span
from socklab.model.segments import Segment

MOST_FRAMES = 16_384
"""Frames whose fates are remembered, of each kind."""

MOST_COPIED = 1024

NOTABLE = 1_000_000
"""Nanoseconds below which a frame has simply passed."""

_TELLING = 4
"""A delay is what a sender waited for if it makes up one part in so many of its wait."""

_AT_ONCE = 20_000_000
"""Nanoseconds within which a receiver complains: RFC 9293, 3.10.7.4, wants it without delay."""

_BACK = 16
"""Acknowledgements that are looked at, from the last one back."""


class Passing(NamedTuple):
    """A frame under way: event `n` at `t` (ns), with a segment of connection `stream`, sent by its
    `side`; `copied` if the wire made it, `held` once the wire holds it."""

    n: int
    t: int
    stream: int
    side: int
    segment: Segment
    copied: bool = False
    held: bool = False


class Ended(NamedTuple):
    """What became of a frame, unless it has simply passed. `why` is None for one that arrived."""

    why: Why | None
    reason: str | None
    delay: int
    share: float | None = None

    def cause(self, frame: int, role: Role = Role.SAME) -> Cause | None:
        """It as a cause, where it became of `frame`; None where that arrived."""
        if self.why is None:
            return None
        return Cause(self.why, frame, role, self.reason, self.delay, self.share)


class Fates:
    """What becomes of frames, by their numbers."""

    __slots__ = ("_copied", "_ended", "_passing")

    def __init__(self) -> None:
        self._passing: dict[int, Passing] = {}
        self._ended: dict[int, Ended] = {}
        self._copied: dict[int, int] = {}

    def copy(self) -> Fates:
        """One that says the same, and changes by itself."""
        other = Fates()
        other._passing = self._passing.copy()
        other._ended = self._ended.copy()
        other._copied = self._copied.copy()
        return other

    def begin(self, frame: int, passing: Passing) -> None:
        """It came onto the wire."""
        self._passing[frame] = passing
        if len(self._passing) > MOST_FRAMES:
            del self._passing[next(iter(self._passing))]

    def held(self, frame: int) -> None:
        """The wire holds it."""
        passing = self._passing.get(frame)
        if passing is not None:
            self._passing[frame] = passing._replace(held=True)

    def passing(self, frame: int) -> Passing | None:
        """It, if it is known and still under way."""
        return self._passing.get(frame)

    def end(self, fate: Fate, came: bool) -> None:
        """One that is known came to this; whether it `came` to its receiver."""
        passing = self._passing.pop(fate.id)
        why = None if came else _ENDS.get(fate.verdict, Why.DROPPED)
        if why is not None or fate.delay >= NOTABLE:
            self._ended[fate.id] = Ended(why, fate.why, fate.delay, fate.share)
            if len(self._ended) > MOST_FRAMES:
                del self._ended[next(iter(self._ended))]
        if fate.verdict == "duplicated":
            self._copied[passing.n] = fate.id
            if len(self._copied) > MOST_COPIED:
                del self._copied[next(iter(self._copied))]

    def original(self, n: int | None) -> int | None:
        """The frame of event `n`, if the wire made a copy of it."""
        return None if n is None else self._copied.get(n)

    def now(self, frame: int, t: int) -> Ended:
        """What has become of it up to `t`."""
        passing = self._passing.get(frame)
        if passing is not None:
            return Ended(Why.HELD if passing.held else Why.UNDER_WAY, None, t - passing.t)
        return self._ended.get(frame, _PASSED)


_PASSED = Ended(None, None, 0)
_ENDS = {"corrupted": Why.CORRUPTED}


class Trouble(NamedTuple):
    """The byte `seq` was sent again because of this, and that may be why others were as well."""

    cause: Cause
    seq: int


class Odd(NamedTuple):
    """A frame that came at `t` (ns), and wasn't what its receiver waited for: an acknowledgement of
    the byte `ack` follows at once, and this is why."""

    ack: int | None
    cause: Cause
    t: int


class Side:
    """What one side of a connection has sent, and what of it has come to the other.

    `trouble` is what it last sent again, and `again` why each byte was, all of which have come once
    `until` has. `odd` is the last frame that the other side will complain of.
    """

    __slots__ = ("again", "came", "came_up_to", "odd", "sendings", "trouble", "until")

    def __init__(self) -> None:
        self.sendings = Sendings()
        self.came_up_to = 0  # the highest number that has come to the other side
        self.came = 0  # by this frame
        self.odd: Odd | None = None
        self.trouble: Trouble | None = None
        self.again: dict[int, Cause] = {}
        self.until = 0

    def copy(self) -> Side:
        """One that says the same, and changes by itself."""
        other = Side()
        other.sendings = self.sendings.copy()
        other.came_up_to, other.came = self.came_up_to, self.came
        other.odd, other.trouble = self.odd, self.trouble
        other.again, other.until = self.again.copy(), self.until
        return other

    def sends(self, frame: int, segment: Segment, t: int, heard: int) -> None:
        """It has sent this; `heard` is the highest of its acknowledgements that has arrived."""
        seq, end, ack = segment[:3]
        if end > seq:
            self.sendings.sent(Span(seq, end, frame, t))
        if ack is not None and ack > heard:
            self.sendings.acknowledged(Made(ack, frame, t))

    def hears(self, ack: int, peer: Side) -> None:
        """An acknowledgement has come to it."""
        self.sendings.known_up_to(ack)
        peer.sendings.heard(ack)
        if self.trouble is not None and ack >= self.until:
            self.trouble = None
            self.again.clear()


def of_retransmission(
    mine: Side, other: Side, seq: int, acked: int | None, t: int, fates: Fates
) -> Cause | None:
    """Why `mine` sends the byte `seq` again at `t`, where `acked` is what `other` has acknowledged
    so far; None where that isn't known."""
    span = mine.sendings.carrying(seq)
    if span is None:
        span = mine.sendings.known(seq)
        return None if span is None else _crossed(mine, span, t, fates)
    cause = _cause(mine, other, span, acked, t, fates)
    if cause.why is not Why.UNANSWERED:
        mine.trouble = Trouble(cause, span.seq)
        mine.until = mine.sendings.spans[-1].end
        if cause.role is Role.SAME and len(mine.again) < MOST_SPANS:
            mine.again[span.seq] = cause
        return cause
    trouble = mine.trouble
    if trouble is None or trouble.seq >= span.seq or trouble.cause.role is Role.ACK:
        return cause
    # It came all right, but what is before it had to be sent again, and so it was as well.
    return trouble.cause._replace(role=Role.BEFORE)


def _crossed(mine: Side, span: Span, t: int, fates: Fates) -> Cause:
    """Why bytes were sent again whose acknowledgement was about to arrive."""
    odd = mine.odd
    if odd is not None and odd.ack == span.seq and t - odd.t < _AT_ONCE:
        return odd.cause
    delay = fates.now(span.frame, t).delay
    return Cause(Why.LATE if delay else Why.CROSSED, span.frame, Role.SAME, None, delay)


def _cause(mine: Side, other: Side, span: Span, acked: int | None, t: int, fates: Fates) -> Cause:
    fate = fates.now(span.frame, t)
    cause = fate.cause(span.frame)
    if cause is not None:
        return cause
    unheard = _unheard(other, span.seq, t, fates)
    late = max(fate.delay, unheard.delay if unheard else 0)
    if unheard is not None and (unheard.why is not Why.UNDER_WAY or unheard.delay == late):
        return unheard
    if fate.delay * _TELLING >= t - span.t:
        return Cause(Why.LATE, span.frame, Role.SAME, None, fate.delay)
    if unheard is not None:
        return unheard
    if acked is not None and acked < span.seq:
        missing = mine.sendings.carrying(acked)
        cause = fates.now(missing.frame, t).cause(missing.frame, Role.BEFORE) if missing else None
        if cause is not None:
            return cause
    return Cause(Why.UNANSWERED, span.frame)


def _unheard(other: Side, seq: int, t: int, fates: Fates) -> Cause | None:
    """What became of the acknowledgement of `seq`: the last one whose end is known, else the last
    one of all. None where none was made that hasn't arrived."""
    found: Cause | None = None
    for made in islice(reversed(other.sendings.acks), _BACK):
        if made.ack <= seq:
            break
        cause = fates.now(made.frame, t).cause(made.frame, Role.ACK)
        if cause is None:
            continue
        if cause.why is not Why.UNDER_WAY:
            return cause
        found = found or cause
    return found


def of_duplicate(other: Side, ack: int, t: int, fates: Fates) -> Cause | None:
    """Why `ack` is acknowledged again: what `other` sent from there on hasn't come, or came in
    another order, or had come before."""
    cause = other.again.get(ack)
    if cause is not None:
        return cause
    missing = other.sendings.carrying(ack)
    if missing is not None:
        cause = fates.now(missing.frame, t).cause(missing.frame)
        if cause is not None:
            return cause
    odd = other.odd
    if odd is None or odd.ack not in (None, ack) or t - odd.t > _AT_ONCE:
        return None
    return odd.cause


def arrive(mine: Side, fate: Fate, passing: Passing, acked: int | None) -> int | None:
    """A frame of `mine` has come to the other side, which has acknowledged `acked` so far. The
    frame that overtook it, if one did."""
    segment = passing.segment
    if segment.end == segment.seq:
        return None
    if passing.copied or (acked is not None and segment.end <= acked):
        mine.odd = Odd(None, Cause(Why.KNOWN, fate.id), fate.t)
        return None
    if segment.end >= mine.came_up_to:
        mine.came_up_to, mine.came = segment.end, fate.id
        return None
    if not segment.fresh:
        return None
    late = Cause(Why.LATE, fate.id, Role.SAME, None, fate.delay)
    mine.odd = Odd(segment.seq, late, fate.t)
    return mine.came
