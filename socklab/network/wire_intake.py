"""What the wire hands on, into the journal."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable

from msgspec.structs import force_setattr

from socklab.events import Fate, Frame, Note
from socklab.journal import Journal
from socklab.model.wire_end import WireMove
from socklab.network.wire_record import Portion


class WireIntake:
    """Appends the wire's events to the journal, and tells the moves that they show, each once the
    journal has its event. `next` is the number that the next frame will have. Of one thread."""

    def __init__(self, journal: Journal, told: Callable[[WireMove], None], next: int = 1) -> None:
        self.next = next
        self._journal = journal
        self._told = told
        # From which of the wire's own numbers on the journal's are how much higher.
        self._from = array("q")
        self._higher = array("q")

    def take(self, portion: Portion) -> None:
        """The next one."""
        first, events = portion.first, portion.events
        start = 0
        for place in portion.copies:
            copy = events[place]
            assert isinstance(copy, Frame)
            assert copy.cause is not None
            if copy.cause >= first + start:  # a number that isn't known yet
                self._append(first + start, events[start:place])
                start = place
            force_setattr(copy, "cause", self._number(copy.cause))
        self._append(first + start, events[start:])
        newest = next((event for event in reversed(events) if isinstance(event, Frame)), None)
        if newest is not None:
            self.next = newest.id + 1
        for move in portion.moves:
            self._told(move._replace(cause=self._number(move.cause)))

    def _append(self, first: int, events: list[Frame | Fate | Note]) -> None:
        higher = self._journal.extend(events) - first
        if not self._higher or self._higher[-1] != higher:
            self._from.append(first)
            self._higher.append(higher)

    def _number(self, n: int) -> int:
        """The journal's number of the wire's event `n`."""
        return n + self._higher[bisect_right(self._from, n) - 1]
