"""One end of a TCP connection, by what leaves it and what comes to it over the wire.

It knows the segments and nothing else, so it says no more than they prove:

- What leaves proves what its program or kernel has done: a SYN, a FIN or a RST sent, another's SYN
  answered.
- What comes changes it by RFC 9293, 3.10.7, in the order of the numbers: a FIN counts once all
  before it has come.

Two arrivals prove nothing by themselves: the ACK that ends a handshake, which a server ignores
whose accept queue is full or that waits for data (tcp(7): TCP_DEFER_ACCEPT), and a FIN, since the
end's own FIN may have been sent before and not have reached the wire yet. Such a move is told as
not `proven`, and told again once the end's next segment proves it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from socklab.events import Address
from socklab.model.frames.sequence import MODULUS, ahead, before
from socklab.model.frames.tcp import ACK, FIN, RST, SYN
from socklab.model.tcp_machine import (
    CLOSE,
    CLOSE_WAIT,
    CLOSING,
    ESTABLISHED,
    FIN_WAIT1,
    FIN_WAIT2,
    LAST_ACK,
    LISTEN,
    SYN_RECV,
    SYN_SENT,
    TIME_WAIT,
    moves,
)

MOST_PIECES = 256
"""Pieces that have come before what is in front of them."""

_MARKED = SYN | FIN | RST
_CALM = frozenset({ESTABLISHED, FIN_WAIT2, CLOSE_WAIT})
"""Where neither an acknowledgement nor bytes in order change the state."""

_SYNCHRONISED = frozenset({ESTABLISHED, FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT, CLOSING, LAST_ACK})


class WireMove(NamedTuple):
    """A move of the end of a connection that has the address `local` on `host`.

    `t` is when the segment left or came (ns since the epoch), `cause` the number of the event that
    says so. One that isn't `proven` is only to be expected so far.
    """

    host: str
    local: Address
    remote: Address
    old: str
    new: str
    t: int
    cause: int
    proven: bool = True


class Segment(NamedTuple):
    """A segment's raw numbers: its first byte, the one behind its last, its FIN included."""

    seq: int
    end: int
    ack: int
    flags: int


class When(NamedTuple):
    """A moment, and the number of the event that tells it."""

    t: int
    n: int


class _Called(NamedTuple):
    """A SYN that has come."""

    seq: int
    when: When


class End:
    """One end, named by where it is. `state` is None until something is known of it."""

    __slots__ = (
        "_acknowledged",
        "_ahead",
        "_answered",
        "_called",
        "_doubt",
        "_expected",
        "_fin",
        "_first",
        "_passive",
        "_peer_fin",
        "_peer_fin_came",
        "_t",
        "_told",
        "host",
        "local",
        "received",
        "remote",
        "state",
    )

    def __init__(self, host: str, local: Address, remote: Address) -> None:
        self.host = host
        self.local = local
        self.remote = remote
        self.state: str | None = None
        self.received: int | None = None  # all before this number has come
        self._called: _Called | None = None
        self._told: list[WireMove] = []
        self._t = 0  # of the last move: a later one isn't earlier
        self._begin(0, None, passive=False)

    def _begin(self, first: int, received: int | None, *, passive: bool) -> None:
        """A connection, from its first number on."""
        self.received = received
        self._first = first
        self._passive = passive
        self._answered: When | None = None  # when our SYN's acknowledgement came
        self._fin: int | None = None  # the number behind our FIN
        self._peer_fin: int | None = None  # the one behind theirs
        self._peer_fin_came: When | None = None  # it, or what was missing before it
        self._ahead: list[tuple[int, int]] = []
        self._acknowledged = received
        self._doubt = False  # whether the end may have thrown away what has come
        self._expected: list[WireMove] = []

    @property
    def over(self) -> bool:
        """Whether nothing more will be known of it."""
        return self.state in (None, CLOSE, TIME_WAIT)

    # What leaves it.

    def leaves(self, segment: Segment, t: int, n: int) -> Sequence[WireMove]:
        """A segment of its own comes onto the wire: at `t` (ns), as event `n` says."""
        flags = segment.flags
        if not flags & _MARKED and segment.ack == self.received and not self._expected:
            self._acknowledged = segment.ack
            if self._peer_fin is None and self.state != SYN_RECV:  # as most segments
                self._doubt = False
                return ()
        when = When(t, n)
        if flags & SYN:
            self._answers(segment, when) if flags & ACK else self._calls(segment, when)
        elif flags & RST:
            self._resets(segment, when)
        elif self.received is not None and flags & ACK:
            self._goes_on(segment, when)
        return self._tell()

    def _calls(self, segment: Segment, when: When) -> None:
        """A SYN, perhaps again."""
        if self.state in (SYN_SENT, SYN_RECV) and segment.seq == self._first:
            return
        if self.state == TIME_WAIT:
            self._move(CLOSE, when)
        self.state = CLOSE
        self._begin(segment.seq, None, passive=False)
        self._move(SYN_SENT, when)

    def _answers(self, segment: Segment, when: When) -> None:
        """A SYN,ACK, perhaps again: then whatever was expected hasn't happened."""
        if self._first == segment.seq and self.state is not None and self.received is not None:
            if self._expected:
                answered = self._answered
                self._begin(segment.seq, segment.ack, passive=True)
                self.state, self._answered = SYN_RECV, answered
            return
        called = self._called
        if called is None or segment.ack != (called.seq + 1) % MODULUS:
            return
        if self.state == TIME_WAIT:
            self._move(CLOSE, called.when)
        self.state = LISTEN
        self._begin(segment.seq, segment.ack, passive=True)
        self._move(SYN_RECV, called.when)

    def _resets(self, segment: Segment, when: When) -> None:
        """A RST, which ends a connection; but a listening socket sends one to a wrong ACK too."""
        if segment.flags & ACK:
            self._proves(segment.ack)
        self._take_back()
        begun = self.state == SYN_RECV and segment.seq == (self._first + 1) % MODULUS
        if begun or self.state in _SYNCHRONISED:
            self._move(CLOSE, when)

    def _goes_on(self, segment: Segment, when: When) -> None:
        """Any other segment, and what it proves to have come."""
        self._proves(segment.ack)
        if self.state == SYN_RECV and self._passive and self._answered is not None:
            self._move(ESTABLISHED, self._answered)  # it was denied once, and is true after all
        self._catch_up(segment.ack)
        if segment.flags & FIN and self._fin is None:
            self._take_back()
            self._fin = segment.end
            self._move(LAST_ACK if self.state == CLOSE_WAIT else FIN_WAIT1, when)
            if self._has_all and self._peer_fin_came is not None:
                self._peer_closes(When(when.t, self._peer_fin_came.n))

    def _proves(self, ack: int) -> None:
        """What was expected has happened, as far as this acknowledgement goes."""
        while self._expected:
            move = self._expected[0]
            if move.new == CLOSE_WAIT and not _reaches(ack, self._peer_fin):
                return
            self._told.append(move._replace(proven=True))
            del self._expected[0]

    def _take_back(self) -> None:
        """What is still expected didn't happen before this."""
        if self._expected:
            self.state = self._expected[0].old
            self._expected.clear()

    def _catch_up(self, ack: int) -> None:
        """The end acknowledges what it has."""
        self._acknowledged = ack
        if self.received is None or before(ack, self.received):
            return
        self.received = ack
        self._doubt = False
        if self._has_all and self._peer_fin_came is not None:
            self._peer_closes(self._peer_fin_came, proven=True)

    # What comes to it.

    def comes(self, segment: Segment, t: int, n: int) -> Sequence[WireMove]:
        """A segment of its peer's arrives, likewise."""
        flags = segment.flags
        in_order = not self._ahead and segment.seq == self.received
        if in_order and not flags & _MARKED and self.state in _CALM:
            self.received = segment.end
            return ()
        when = When(t, n)
        if flags & RST:
            self._is_reset(segment, when)
        elif flags & SYN:
            self._is_answered(segment, when) if flags & ACK else self._is_called(segment, when)
        elif self.received is not None and flags & ACK:
            self._hears(segment, when)
        return self._tell()

    def _is_called(self, segment: Segment, when: When) -> None:
        if self.state == SYN_SENT:  # both at once
            self.received = (segment.seq + 1) % MODULUS
            self._move(SYN_RECV, when)
        elif self.state != SYN_RECV or self._passive:
            self._called = _Called(segment.seq, when)

    def _is_answered(self, segment: Segment, when: When) -> None:
        waits = self.state == SYN_SENT or (self.state == SYN_RECV and not self._passive)
        if waits and segment.ack == (self._first + 1) % MODULUS:
            self.received = (segment.seq + 1) % MODULUS
            self._move(ESTABLISHED, when)

    def _is_reset(self, segment: Segment, when: When) -> None:
        if self.state == SYN_SENT:
            fits = segment.flags & ACK and segment.ack == (self._first + 1) % MODULUS
        else:
            fits = self.received is not None and segment.seq == self.received
        if fits:
            self._take_back()
            self._move(CLOSE, when)

    def _hears(self, segment: Segment, when: When) -> None:
        """Anything else: an acknowledgement, bytes, a FIN."""
        if (
            self.state == SYN_RECV
            and segment.ack != self._first
            and not before(segment.ack, self._first)
        ):
            self._answered = when
            self._move(ESTABLISHED, when, proven=not self._passive)
        acknowledged = self._fin is not None and segment.ack == self._fin
        if segment.end != segment.seq:
            self._take(segment, when)
        closes = self._has_all
        if acknowledged and self.state in _OURS_ACKNOWLEDGED:
            both = closes and self.state == FIN_WAIT1
            self._move(TIME_WAIT if both else _OURS_ACKNOWLEDGED[self.state], when)
        if closes:
            self._peer_closes(when)

    def _take(self, segment: Segment, when: When) -> None:
        """Bytes, or a FIN, put in order."""
        if segment.flags & FIN and self._peer_fin is None:
            self._peer_fin = segment.end
            self._peer_fin_came = when
        received = self.received or 0
        if segment.seq == received:
            received = segment.end
        elif before(received, segment.seq):
            if len(self._ahead) < MOST_PIECES:
                self._ahead.append((segment.seq, segment.end))
            return
        elif before(received, segment.end):
            received = segment.end
        elif self._acknowledged is None or before(self._acknowledged, segment.end):
            self._doubt = True  # it was sent again: perhaps there was no room for it
        if self._ahead:
            received = self._close_ranks(received)
        if received != self.received:
            self.received = received
            self._peer_fin_came = when

    def _close_ranks(self, received: int) -> int:
        """Add what had come before."""
        first = received
        for seq, end in sorted(self._ahead, key=lambda piece: ahead(first, piece[0])):
            if not before(received, seq) and before(received, end):
                received = end
        self._ahead = [piece for piece in self._ahead if before(received, piece[1])]
        return received

    @property
    def _has_all(self) -> bool:
        """Whether the peer's FIN has come, and all before it."""
        if self._peer_fin is None or self.received is None or self._doubt:
            return False
        return _reaches(self.received, self._peer_fin)

    def _peer_closes(self, when: When, *, proven: bool = False) -> None:
        """Its FIN counts."""
        if self.state == ESTABLISHED:
            self._move(CLOSE_WAIT, when, proven=proven)
        elif self.state == FIN_WAIT1:
            self._move(CLOSING, when)
        elif self.state == FIN_WAIT2:
            self._move(TIME_WAIT, when)

    # What is told.

    def _move(self, new: str, when: When, *, proven: bool = True) -> None:
        if self.state is None or not moves(self.state, new):
            return
        self._t = max(self._t, when.t)
        move = WireMove(
            self.host, self.local, self.remote, self.state, new, self._t, when.n, proven
        )
        self.state = new
        self._told.append(move)
        if not proven:
            self._expected.append(move)

    def _tell(self) -> Sequence[WireMove]:
        told = self._told
        if told:
            self._told = []
        return told


_OURS_ACKNOWLEDGED: dict[str | None, str] = {
    FIN_WAIT1: FIN_WAIT2,
    CLOSING: TIME_WAIT,
    LAST_ACK: CLOSE,
}


def _reaches(number: int, goal: int | None) -> bool:
    return goal is not None and not before(number, goal)
