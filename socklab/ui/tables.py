"""The sockets as they were at any event of a journal.

A flood is mostly sends and receives, which change nothing in the table of sockets: the journal's
columns tell which events to pass over unread, so that a long journal is soon gone through.
"""

from __future__ import annotations

from socklab.events import Call, Gauge, Program, State
from socklab.journal import History, Kind, Readable, Relevant, whole
from socklab.model.sockets import SocketTable

_CHANGES = frozenset({Call, Gauge, Program, State})
_CHANGE_NOTHING = frozenset({"send", "recv", "recvfrom", "poll"})

_STEP = 1024
"""Events looked through between two looks at the clock."""

_NEAR = 4096
"""Events that may lie between what has been gone through and what is asked for: so many are
applied at once."""


class Tables:
    """The table of sockets after any event; `advance` goes on reading the journal for it.

    `waits`: with who is blocked in what, for which more must be read.
    """

    def __init__(self, journal: Readable, *, waits: bool = False) -> None:
        self.journal = whole(journal)
        events = Relevant(self.journal, _changes, waits=waits)
        self._history = History(events, SocketTable, step=_STEP, weigh=SocketTable.weight)

    @property
    def ready(self) -> int:
        """After how many events the table can be had at once."""
        return self._history.ready

    def advance(self, seconds: float, upto: int) -> bool:
        """Goes on for about `seconds`; True once the table after `upto` events can be had."""
        return self._history.ready >= upto or self._history.advance(seconds)

    def at(self, n: int) -> SocketTable:
        """The sockets after the first `n` events, which are the caller's to keep. Beyond `ready` it
        takes as long as it takes to read what lies between."""
        return self._history.at(n)

    def known(self, n: int) -> SocketTable | None:
        """The same; None where the journal hasn't been read so far yet."""
        return None if n > self.ready + _NEAR else self.at(n)


def _changes(kind: Kind) -> bool:
    return kind.type in _CHANGES and kind.call not in _CHANGE_NOTHING
