"""The sockets as they were at any event of a journal.

A flood is mostly sends and receives, which change nothing in the table of sockets: the journal's
columns tell which events to pass over unread, so that a long journal is soon gone through.
"""

from __future__ import annotations

from itertools import compress

from socklab.events import AnyEvent, Call, Gauge, Program, State
from socklab.journal import Excerpt, History, Kind, Readable
from socklab.model.sockets import SocketTable

_CHANGES = frozenset({Call, Gauge, Program, State})
_CHANGE_NOTHING = frozenset({"send", "recv", "recvfrom", "poll"})

_NEAR = 4096
"""Events that may lie between what has been gone through and what is asked for: so many are
applied at once."""


def whole(journal: Readable) -> Readable:
    """The journal that an excerpt is of; any other one as it is."""
    return journal.whole if isinstance(journal, Excerpt) else journal


class Moments:
    """The table of sockets before any event; `advance` goes on reading the journal for it."""

    def __init__(self, journal: Readable) -> None:
        self.journal = whole(journal)
        self._history = History(_Changes(self.journal), SocketTable)

    def advance(self, seconds: float, upto: int) -> bool:
        """Goes on for about `seconds`; True once any event before `upto` can be asked for."""
        return self._history.ready >= upto or self._history.advance(seconds)

    def before(self, n: int) -> SocketTable | None:
        """The sockets after the first `n` events, which are the caller's to keep; None where the
        journal hasn't been read so far yet."""
        if n > self._history.ready + _NEAR:
            return None
        return self._history.at(n)


class _Changes:
    """The events of a journal that change the table of sockets.

    `wait` events are none of them, so who is blocked isn't in it.
    """

    def __init__(self, journal: Readable) -> None:
        self._journal = journal
        self._matters: list[bool] = []

    @property
    def first(self) -> int:
        """The oldest that can still be read."""
        return self._journal.first

    def __len__(self) -> int:
        return len(self._journal)

    def read(self, start: int, stop: int) -> list[AnyEvent]:
        """Those of the events [start, stop) that matter."""
        columns = self._journal.columns
        first, kinds, _socks = columns.slice(start, stop)
        self._matters.extend(map(_changes, columns.table[len(self._matters) :]))
        numbers = list(
            compress(range(first, first + len(kinds)), map(self._matters.__getitem__, kinds))
        )
        if len(numbers) > (stop - start) // 8:
            return self._journal.read(numbers[0], numbers[-1] + 1)
        return [event for n in numbers for event in self._journal.read(n, n + 1)]


def _changes(kind: Kind) -> bool:
    return kind.type in _CHANGES and kind.call not in _CHANGE_NOTHING
