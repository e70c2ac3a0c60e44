"""What can be said of a segment besides what stands in it, and in which words.

The kinds are Wireshark's, under the names by which its filters ask for them (`tcp.analysis.`). What
Wireshark can't know, and the wire does, is the cause: what became of another frame.
"""

from __future__ import annotations

from enum import Enum, StrEnum, auto
from typing import NamedTuple

from socklab.i18n import _
from socklab.model.units import duration_text


class Kind(StrEnum):
    """What a segment is, by Wireshark's name for it."""

    RETRANSMISSION = "retransmission"
    FAST_RETRANSMISSION = "fast_retransmission"
    SPURIOUS_RETRANSMISSION = "spurious_retransmission"
    OUT_OF_ORDER = "out_of_order"
    DUPLICATE_ACK = "duplicate_ack"
    ZERO_WINDOW = "zero_window"
    WINDOW_UPDATE = "window_update"
    WINDOW_FULL = "window_full"
    ZERO_WINDOW_PROBE = "zero_window_probe"
    ZERO_WINDOW_PROBE_ACK = "zero_window_probe_ack"
    KEEP_ALIVE = "keep_alive"
    KEEP_ALIVE_ACK = "keep_alive_ack"
    LOST_SEGMENT = "lost_segment"
    ACK_LOST_SEGMENT = "ack_lost_segment"

    @property
    def fields(self) -> tuple[str, ...]:
        """Wireshark's fields that such a segment has: a fast retransmission is a retransmission."""
        own = f"tcp.analysis.{self.value}"
        if self in (Kind.FAST_RETRANSMISSION, Kind.SPURIOUS_RETRANSMISSION):
            return own, "tcp.analysis.retransmission"
        return (own,)


class Why(Enum):
    """What became of the frame that is the cause."""

    DROPPED = auto()
    CORRUPTED = auto()
    HELD = auto()
    UNDER_WAY = auto()  # for `delay` by now
    LATE = auto()  # it came, after `delay`
    UNANSWERED = auto()  # it came, and its receiver has sent no acknowledgement
    CROSSED = auto()  # it came, and was sent again just before its acknowledgement arrived
    COPIED = auto()  # the wire made this frame from that one
    KNOWN = auto()  # it brought what its receiver had already
    CLOSED = auto()  # it closed the window, and its receiver asks whether it is open again
    OVERTAKEN = auto()  # that frame came first, though it was sent later


class Role(Enum):
    """What the frame that is the cause has to do with the segment."""

    SAME = auto()  # it carried the bytes in question
    ACK = auto()  # it acknowledged them
    BEFORE = auto()  # it carried bytes before them, without which they can't be acknowledged


class Cause(NamedTuple):
    """Why it came to this: something happened to the frame with the number `frame`.

    `reason` and `share` are what its fate gave (`why` and `share` of `events.Fate`), `delay` is how
    long it took, or has taken by now (ns).
    """

    why: Why
    frame: int
    role: Role = Role.SAME
    reason: str | None = None
    delay: int = 0
    share: float | None = None

    @property
    def text(self) -> str:
        """`because you dropped frame 12`."""
        frame = _("frame {id}", id=self.frame)
        if self.role is Role.ACK:
            frame = _("the ACK in frame {id}", id=self.frame)
        text = self._text(frame)
        if self.role is Role.BEFORE:
            text = _("{because}, and nothing after it can be acknowledged", because=text)
        return text

    def _text(self, frame: str) -> str:
        if self.why is Why.DROPPED:
            return _dropped(frame, self.reason, self.share)
        return _BECAUSE[self.why].format(frame=frame, time=duration_text(self.delay))


class Remark(NamedTuple):
    """One thing to say of the frame with the number `frame`.

    `nth` is which duplicate ACK in a row it is. `of` is the frame that it repeats, as far as that
    is known: the one that carried the same bytes or made the same acknowledgement.
    """

    kind: Kind
    frame: int
    nth: int = 0
    of: int | None = None
    cause: Cause | None = None

    @property
    def title(self) -> str:
        """`retransmission`, `duplicate ACK #2`."""
        return _TITLES[self.kind].format(nth=self.nth)

    @property
    def text(self) -> str:
        """The whole: `retransmitted because you dropped frame 12`."""
        if self.cause is None:
            return self.title
        because = self.cause.text
        if self.cause.why is Why.LATE and self.kind in _BY_TIMER:
            because = _("{because}, longer than the sender waits", because=because)
        phrase = _PHRASES.get(self.kind, _ANY)
        return phrase.format(what=self.title, because=because, nth=self.nth)


def _dropped(frame: str, reason: str | None, share: float | None) -> str:
    """In words that say whose doing it was."""
    if reason is None:
        return _("because {frame} was dropped", frame=frame)
    if share is not None:
        how = f"{reason}={share * 100:g}%"  # as the command has it that asked for it
        return _("because {frame} was lost by chance ({how})", frame=frame, how=how)
    if reason in _DROPPED:
        return _DROPPED[reason].format(frame=frame)
    return _("because {frame} was dropped ({why})", frame=frame, why=reason)


_DROPPED = {
    "by hand": _("because you dropped {frame}"),
    "rule": _("because your rule dropped {frame}"),
    "loss": _("because {frame} was lost by chance"),
    "queue full": _("because the wire's queue was full when {frame} came"),
    "unplugged": _("because {frame} came while a host was unplugged"),
}
_BECAUSE = {
    Why.CORRUPTED: _("because {frame} was corrupted: its receiver's checksum found out"),
    Why.UNDER_WAY: _("because {frame} is still on its way, for {time} by now"),
    Why.LATE: _("because {frame} was delayed by {time}"),
    Why.HELD: _("because {frame} is still held"),
    Why.UNANSWERED: _("because {frame} came, and has not been acknowledged"),
    Why.CROSSED: _("and crossed the acknowledgement of {frame} on its way"),
    Why.COPIED: _("because the wire made a copy of {frame}"),
    Why.KNOWN: _("because {frame} brought what had come before"),
    Why.CLOSED: _(
        "because the window in {frame} was 0: is it still? "
        "(Linux asks as if to keep the connection alive)"
    ),
    Why.OVERTAKEN: _("because {frame} overtook it"),
}
_TITLES = {
    Kind.RETRANSMISSION: _("retransmission"),
    Kind.FAST_RETRANSMISSION: _("fast retransmission"),
    Kind.SPURIOUS_RETRANSMISSION: _("spurious retransmission"),
    Kind.OUT_OF_ORDER: _("out of order"),
    Kind.DUPLICATE_ACK: _("duplicate ACK #{nth}"),
    Kind.ZERO_WINDOW: _("zero window"),
    Kind.WINDOW_UPDATE: _("window update"),
    Kind.WINDOW_FULL: _("window full"),
    Kind.ZERO_WINDOW_PROBE: _("zero-window probe"),
    Kind.ZERO_WINDOW_PROBE_ACK: _("answer to a zero-window probe"),
    Kind.KEEP_ALIVE: _("keep-alive"),
    Kind.KEEP_ALIVE_ACK: _("answer to a keep-alive"),
    Kind.LOST_SEGMENT: _("previous segment not captured"),
    Kind.ACK_LOST_SEGMENT: _("acknowledges a segment that was not captured"),
}
_PHRASES = {
    Kind.RETRANSMISSION: _("retransmitted {because}"),
    Kind.FAST_RETRANSMISSION: _("retransmitted at once, after duplicate ACKs, {because}"),
    Kind.SPURIOUS_RETRANSMISSION: _("retransmitted in vain {because}"),
    Kind.OUT_OF_ORDER: _("came out of order {because}"),
    Kind.DUPLICATE_ACK: _("the same ACK again (#{nth}) {because}"),
}
_ANY = _("{what} {because}")
_BY_TIMER = (Kind.RETRANSMISSION, Kind.SPURIOUS_RETRANSMISSION)
