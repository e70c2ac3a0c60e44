"""What happens on the wire, in order, and what it shows of TCP's states: handed on in portions."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec
from msgspec.structs import force_setattr

from socklab.events import Fate, Frame, Note
from socklab.model.wire_end import WireMove
from socklab.model.wire_states import WireStates


class Portion(msgspec.Struct, array_like=True, gc=False):
    """Events that follow each other, numbered from `first` on among the wire's own.

    `copies` are the places among them of frames that the wire has made; the `cause` of one, and of
    each of `moves`, is such a number too. Any other `cause` is the journal's.
    """

    first: int
    events: list[Frame | Fate | Note]
    copies: list[int]
    moves: list[WireMove]


class WireRecord:
    """Numbers the wire's events 0, 1, 2, ..., and keeps them until `hand_on` gives them to `take`.

    `snap` is the most bytes of data that an event keeps, `ahead` what the journal's clock is ahead
    of this machine's monotonic one (ns). Of one thread at a time.
    """

    def __init__(self, snap: int, ahead: int, take: Callable[[Portion], None]) -> None:
        self.snap = snap
        self.count = 0
        self._ahead = ahead
        self._take = take
        self._states = WireStates()
        self._kept = self._empty()

    def _empty(self) -> Portion:
        return Portion(self.count, [], [], [])

    def now(self) -> int:
        """The time for an event, as `Journal.now` has it."""
        return self._ahead + time.monotonic_ns()

    def append(self, event: Frame | Fate | Note) -> int:
        """This happened; its number."""
        n, kept = self.count, self._kept
        self.count = n + 1
        force_setattr(event, "n", n)
        if type(event) is Frame and event.cause is not None:
            kept.copies.append(len(kept.events))
        kept.events.append(event)
        if moves := self._states.apply(event):
            kept.moves.extend(moves)
        return n

    def hand_on(self) -> None:
        """What has been kept goes on."""
        kept = self._kept
        if kept.events:
            self._kept = self._empty()
            self._take(kept)
