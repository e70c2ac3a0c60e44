"""What there is to say of each segment on the wire, worked out in the background.

A segment means something only in its connection, so the journal is gone through from its beginning
on, a bit at a time; until that has got to a frame there is nothing to say of it.
"""

from __future__ import annotations

from msgspec.structs import replace

from socklab.events import AnyEvent, Fate, Frame
from socklab.journal import History, Kind, Readable, Relevant, whole
from socklab.model.analysis import Analysis, Seen
from socklab.ui.panes.lately import Lately

BLOCK = 512
"""Events whose segments are worked out together, once somebody asks for one of them."""

_BEYOND = 512  # events behind a block: a frame's fate may add something to be said
_MOST_NOTED = 4096


class _Noted:
    """The analysis, and what it said of the latest frames, by their events' numbers."""

    def __init__(self, analysis: Analysis | None = None) -> None:
        self.analysis = analysis or Analysis()
        self.said: dict[int, Seen] = {}
        self.complete_from = 0  # what was said of the frames before is forgotten
        self._events: dict[int, int] = {}  # by the frame's id

    def apply(self, event: AnyEvent) -> None:
        """Take in the next event."""
        said = self.analysis.apply(event)
        if said is None:
            return
        if isinstance(event, Frame):
            self._events[said.frame] = event.n
            self.said[event.n] = said
            if len(self.said) > _MOST_NOTED:
                oldest = next(iter(self.said))
                self._events.pop(self.said.pop(oldest).frame, None)
                self.complete_from = oldest + 1
        elif (n := self._events.get(said.frame)) in self.said:
            self.said[n] = _more(self.said[n], said)

    def copy(self) -> _Noted:
        """One that goes on by itself, and has noted nothing yet."""
        return _Noted(self.analysis.copy())


def _more(first: Seen, later: Seen) -> Seen:
    """What was said of a frame, with what its arrival adds."""
    new = tuple(remark for remark in later.remarks if remark not in first.remarks)
    return replace(first, remarks=first.remarks + new)


class WireAnalysis:
    """What is said of the frames of `journal`, once `advance` has got there."""

    def __init__(self, journal: Readable) -> None:
        self.journal = journal
        self.whole = whole(journal)
        self._head = _Noted()
        self._history = History(Relevant(self.whole, _matters), lambda: self._head)
        self._blocks: Lately[int, tuple[int, dict[int, Seen]]] = Lately(32)

    def advance(self, seconds: float) -> bool:
        """Go on for about `seconds`; True once it has caught up with the journal."""
        return self._history.advance(seconds)

    def show(self, journal: Readable) -> None:
        """The same recording at another moment."""
        self.journal = journal
        self._blocks.clear()

    @property
    def upto(self) -> int:
        """How many of the journal's events it has gone through."""
        return min(self._history.ready, len(self.journal))

    def known(self, n: int) -> bool:
        """Whether it has got to event `n`."""
        return n < self._history.ready

    def seen(self, n: int) -> Seen | None:
        """What is said of the frame of event `n`; None for one that is no TCP segment, or that it
        hasn't got to."""
        if not self.known(n):
            return None
        if self.journal is self.whole and n >= self._head.complete_from:
            return self._head.said.get(n)
        return self._block(n // BLOCK).get(n)

    def _block(self, number: int) -> dict[int, Seen]:
        start = number * BLOCK
        stop = min(start + BLOCK + _BEYOND, self._history.ready, len(self.journal))
        known = self._blocks.get(number)
        if known is None or known[0] < stop:
            fold = self._history.at(start)
            for event in self.journal.read(start, stop):
                fold.apply(event)
            known = self._blocks[number] = stop, fold.said
        return known[1]


def _matters(kind: Kind) -> bool:
    return kind.type in (Frame, Fate)
