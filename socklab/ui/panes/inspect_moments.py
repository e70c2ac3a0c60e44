"""The sockets as they were at any event of a journal.

A flood is mostly sends and receives, which change nothing in the table of sockets: the journal's
columns tell which events to pass over unread, so that a long journal is soon gone through.
"""

from __future__ import annotations

from socklab.events import Call, Gauge, Program, State
from socklab.journal import History, Kind, Readable, whole
from socklab.model.sockets import SocketTable
from socklab.ui.panes.relevant import Relevant

_CHANGES = frozenset({Call, Gauge, Program, State})
_CHANGE_NOTHING = frozenset({"send", "recv", "recvfrom", "poll"})

_NEAR = 4096
"""Events that may lie between what has been gone through and what is asked for: so many are
applied at once."""


class Moments:
    """The table of sockets before any event; `advance` goes on reading the journal for it.

    `wait` events change nothing in it, so who is blocked isn't in it.
    """

    def __init__(self, journal: Readable) -> None:
        self.journal = whole(journal)
        self._history = History(Relevant(self.journal, _changes), SocketTable)

    def advance(self, seconds: float, upto: int) -> bool:
        """Goes on for about `seconds`; True once any event before `upto` can be asked for."""
        return self._history.ready >= upto or self._history.advance(seconds)

    def before(self, n: int) -> SocketTable | None:
        """The sockets after the first `n` events, which are the caller's to keep; None where the
        journal hasn't been read so far yet."""
        if n > self._history.ready + _NEAR:
            return None
        return self._history.at(n)


def _changes(kind: Kind) -> bool:
    return kind.type in _CHANGES and kind.call not in _CHANGE_NOTHING
