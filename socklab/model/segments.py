"""One TCP connection as the wire sees it: relative numbers, and what each segment is.

A segment is judged as it comes onto the wire, by Wireshark's rules (its User's Guide, "TCP
Analysis"), so that what a student learns here is what Wireshark will say. The rules go by numbers,
windows and times alone; what became of a frame on the wire isn't known here. There are three
exceptions, in which Wireshark has to guess and the wire needn't:

- Wireshark takes a segment for out of order that comes soon after one with later bytes. Onto this
  wire a host's segments come as it sent them, so bytes that were seen before were sent again.
- Wireshark takes a repeated last byte for a keep-alive. It is one if its sender knows already that
  the byte has arrived, else a segment of one byte that was sent again.
- A retransmission is a fast one within 20 ms of the duplicate ACKs. Wireshark counts from when they
  were sent; here it also counts from when they arrived.

Numbers are counted from each side's initial sequence number and go on past 2**32.
"""

from __future__ import annotations

from typing import NamedTuple

from socklab.model.analysis_remarks import Kind
from socklab.model.frames.outline import Outline, tcp_options
from socklab.model.frames.sequence import MODULUS, ahead
from socklab.model.frames.tcp import ACK, FIN, RST, SYN
from socklab.model.frames.text import Relative

_SOON = 20_000_000
"""Nanoseconds after a duplicate ACK within which a retransmission answers it."""

_AT_ONCE = 3_000_000
"""Nanoseconds after later bytes within which unknown ones are out of order, not sent again."""

_ENOUGH_DUPLICATES = 2
_ENDS = SYN | FIN | RST
_MOST_SCALE = 14  # RFC 7323, section 2.3
_NO_SCALE = -1
_QUESTIONS = (Kind.KEEP_ALIVE, Kind.ZERO_WINDOW_PROBE)


class Segment(NamedTuple):
    """A segment's relative numbers: its first byte, the one behind its last, what it acknowledges
    (None without ACK), and how many bytes beyond that it lets the other side send. `kinds` are what
    it is, `fresh` whether its bytes were never seen before."""

    seq: int
    end: int
    ack: int | None
    window: int
    kinds: tuple[Kind, ...]
    fresh: bool


class Way:
    """One direction of a connection: what has been seen of it so far."""

    __slots__ = (
        "ack",
        "ack_frame",
        "ack_t",
        "asked",
        "base",
        "beginning",
        "closed_by",
        "duplicate_came",
        "duplicates",
        "heard",
        "next",
        "next_t",
        "scale",
        "scaled",
        "surprise",
        "window",
    )

    def __init__(self) -> None:
        self.base: int | None = None  # the initial sequence number
        self.beginning = 0  # from here on every byte has been seen
        self.next: int | None = None  # the one behind the last byte seen
        self.next_t = 0
        self.ack: int | None = None  # the last acknowledgement made
        self.ack_t = 0
        self.ack_frame: int | None = None  # the first that made it
        self.duplicates = 0
        self.duplicate_came = 0  # when the last of them arrived (ns)
        self.heard = 0  # the highest acknowledgement that has arrived
        self.surprise = 0  # the highest acknowledgement of what was never seen
        self.window = 0
        self.scale: int | None = None  # None where the SYN wasn't seen
        self.scaled = False  # whether `window` is
        self.asked: Kind | None = None  # what the last segment was, if it asks for an answer
        self.closed_by: int | None = None  # the frame that set the window to 0

    def copy(self) -> Way:
        """One that says the same, and changes by itself."""
        other = Way.__new__(Way)
        for name in Way.__slots__:
            setattr(other, name, getattr(self, name))
        return other

    def counted(self, raw: int) -> int:
        """A number of this side's from the first on: of all that it may be, the nearest to what is
        next."""
        near = self.next or 0
        return near + ahead((self.base or 0) + near, raw)

    @property
    def open(self) -> int:
        """How many bytes behind `ack` the other side may send."""
        return self.window << max(self.scale or 0, 0) if self.scaled else self.window

    @property
    def edge(self) -> int | None:
        """The number that the other side may send up to; None where it can't be told."""
        return None if self.ack is None or self.scale is None else self.ack + self.open


class Connection:
    """Both ways of a connection; side 0 is the one whose segment came first."""

    __slots__ = ("_begun", "relatives", "ways")

    def __init__(self) -> None:
        self.ways = [Way(), Way()]
        self._begun = False  # whether both bases are known
        self.relatives = (Relative(), Relative())

    def copy(self) -> Connection:
        """One that says the same, and changes by itself."""
        other = Connection.__new__(Connection)
        other.ways = [way.copy() for way in self.ways]
        other._begun = self._begun
        other.relatives = self.relatives
        return other

    def is_another(self, side: int, outline: Outline) -> bool:
        """Whether this SYN begins a new connection between the same addresses."""
        base = self.ways[side].base
        return outline.flags & (SYN | ACK) == SYN and base is not None and base != outline.seq

    def see(self, side: int, outline: Outline, frame: int, t: int) -> Segment:
        """The next segment, from `side`, in the frame with this number, at `t` (ns)."""
        flags, length, window = outline.flags, outline.length, outline.window
        if flags & SYN or not self._begun:
            self._begin(side, outline)
        mine, other = self.ways[side], self.ways[1 - side]
        near = mine.next
        seq = mine.counted(outline.seq)
        end = seq + length + 1 if flags & (SYN | FIN) else seq + length
        ack = other.counted(outline.ack) if flags & ACK else None
        kinds: tuple[Kind, ...] = ()
        if length and seq == near and window and other.window and not flags & _ENDS:
            if end == other.edge:
                kinds = (Kind.WINDOW_FULL,)
        else:
            kinds = _kinds(mine, other, seq, length, ack, window, flags)
        if ack != mine.ack:
            mine.ack, mine.ack_frame, mine.duplicates = ack, frame, 0
            if ack is not None and _surprising(other, ack):
                kinds = (*kinds, Kind.ACK_LOST_SEGMENT)
                other.surprise = ack
        elif Kind.DUPLICATE_ACK in kinds:
            mine.duplicates += 1
        fresh = near is None or seq >= near
        if end > seq and not (fresh and (other.ack is None or end > other.ack)):
            again = _again(mine, other, seq, end, length, t, kinds)
            kinds = (*kinds, again) if again else kinds
        if near is None or (end > near and Kind.ZERO_WINDOW_PROBE not in kinds):
            if near is None or seq > near:
                mine.beginning = seq
            mine.next, mine.next_t = end, t
        mine.window, mine.scaled = window, not flags & SYN
        mine.closed_by = None if window else frame
        mine.ack_t = t
        mine.asked = kinds[0] if kinds and kinds[0] in _QUESTIONS else None
        return Segment(seq, end, ack, mine.open, kinds, fresh)

    def _begin(self, side: int, outline: Outline) -> None:
        """From where to count, as far as this segment tells."""
        mine, other = self.ways[side], self.ways[1 - side]
        if outline.flags & SYN:
            if mine.base != outline.seq:  # never seen to begin, or begun anew
                mine = self.ways[side] = Way()
                mine.base = outline.seq
            scale = tcp_options(outline.options).scale
            mine.scale = _NO_SCALE if scale is None else min(scale, _MOST_SCALE)
            if outline.flags & ACK and _NO_SCALE in (mine.scale, other.scale):
                mine.scale = other.scale = _NO_SCALE
        elif mine.base is None:
            mine.base = (outline.seq - 1) % MODULUS
        if other.base is None and outline.flags & ACK:
            other.base = (outline.ack - 1) % MODULUS
        one, two = self.ways
        self._begun = one.base is not None and two.base is not None
        self.relatives = (
            Relative(one.base, two.base, _shift(one)),
            Relative(two.base, one.base, _shift(two)),
        )


def _shift(way: Way) -> int | None:
    return None if way.scale is None else max(way.scale, 0)


def _kinds(
    mine: Way, other: Way, seq: int, length: int, ack: int | None, window: int, flags: int
) -> tuple[Kind, ...]:
    """What it is but for being sent again."""
    near = mine.next
    if length == 1 and seq == near and other.window == 0 and other.ack is not None:
        return (Kind.ZERO_WINDOW_PROBE,)
    found: list[Kind] = []
    if flags & _ENDS:
        if near is not None and seq > near and not flags & RST:
            found.append(Kind.LOST_SEGMENT)
        return tuple(found)
    if near is not None and seq == near - 1 and _keeps_alive(other, seq, length):
        found.append(Kind.KEEP_ALIVE)
    if window == 0:
        found.append(Kind.ZERO_WINDOW)
    if near is not None and seq > near:
        found.append(Kind.LOST_SEGMENT)
    if length:
        if seq + length == other.edge:
            found.append(Kind.WINDOW_FULL)
    elif seq == near and ack is not None and ack == mine.ack:
        answer = _repeated(mine, other, window)
        if answer is not None:
            found.append(answer)
    return tuple(found)


def _keeps_alive(other: Way, seq: int, length: int) -> bool:
    return length == 0 or (length == 1 and other.heard > seq)


def _repeated(mine: Way, other: Way, window: int) -> Kind | None:
    """What an acknowledgement is that says what the one before it said."""
    if window != mine.window:
        return Kind.WINDOW_UPDATE if window else None
    if window == 0:
        asked = other.asked is Kind.ZERO_WINDOW_PROBE
        return Kind.ZERO_WINDOW_PROBE_ACK if asked else None
    return Kind.KEEP_ALIVE_ACK if other.asked is Kind.KEEP_ALIVE else Kind.DUPLICATE_ACK


def _surprising(other: Way, ack: int) -> bool:
    """Whether it acknowledges what was never seen, and is the first to do so."""
    return other.next is not None and ack > max(other.next, other.surprise)


def _again(
    mine: Way, other: Way, seq: int, end: int, length: int, t: int, kinds: tuple[Kind, ...]
) -> Kind | None:
    """What a segment is whose bytes, or some of them, are not new."""
    if Kind.KEEP_ALIVE in kinds:
        return None
    if length and other.ack is not None and seq + length <= other.ack:
        return Kind.SPURIOUS_RETRANSMISSION
    next_seq = mine.next or 0
    if seq >= next_seq or (length > 1 and seq == next_seq - 1):
        return None  # the latter: a probe's byte, with those behind it
    since = t - max(other.ack_t, other.duplicate_came)
    if other.duplicates >= _ENOUGH_DUPLICATES and other.ack == seq and since < _SOON:
        return Kind.FAST_RETRANSMISSION
    if seq < mine.beginning and t - mine.next_t < _AT_ONCE and end != next_seq:
        return Kind.OUT_OF_ORDER
    return Kind.RETRANSMISSION
