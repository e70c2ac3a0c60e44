"""Reads what is new in the journal and folds it, a bounded amount for each frame of the screen.

Never one message for each event: the journal wakes the follower once, the follower asks for a
frame, and the frame reads on for as long as it may. However fast the engine writes, the screen
spends the same share of its time on it, and what isn't read yet waits in the journal.
"""

from __future__ import annotations

from time import perf_counter
from typing import Protocol

from socklab.events import Call, Command, Event, Note
from socklab.journal import Journal
from socklab.model.sockets import SocketTable

CHUNK = 512
"""Events read at once; one chunk takes about a millisecond."""


_ASKED_CALLS = frozenset(
    ["socket", "bind", "listen", "connect", "send", "sendto", "shutdown", "close", "setsockopt"]
)
"""Calls whose failure belongs to the command that asked; a server's later ones don't."""


class Source(Protocol):
    """Whoever has the journal of now: `new` begins another."""

    @property
    def journal(self) -> Journal: ...


class Follower:
    """What the journal says so far, as the panes need it.

    `position` is the `n` of the next event to read, `program` the one that a line without a
    program's name goes to. `failures` are what went wrong with lines from forms and the console,
    by the `n` of their command.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._begin()

    def _begin(self) -> None:
        self.journal = self._source.journal
        self.table = SocketTable()
        self.position = 0
        self.program = "main"
        self.failures: dict[int, Call | Note] = {}
        self._asked: set[int] = set()

    @property
    def behind(self) -> int:
        """How many events are not read yet."""
        return len(self.journal) - self.position

    @property
    def now(self) -> int:
        """The time (ns since the epoch) at which what is shown holds."""
        return self.journal.now()

    def advance(self, seconds: float) -> bool:
        """Read what is new, for at most about `seconds`. Returns whether anything has changed."""
        changed = self._renew()
        deadline = perf_counter() + seconds
        while self.position < len(self.journal):
            self._read_chunk()
            changed = True
            if perf_counter() >= deadline:
                break
        return changed

    def _renew(self) -> bool:
        if self._source.journal is self.journal:
            return False
        self._begin()
        return True

    def _read_chunk(self) -> None:
        start = max(self.position, self.journal.first)
        stop = min(start + CHUNK, len(self.journal))
        apply = self.table.apply
        for event in self.journal.read(start, stop):
            apply(event)
            if isinstance(event, Command):
                self._command(event)
            elif event.cause is not None:
                self._consequence(event)
        self.position = stop

    def _command(self, event: Command) -> None:
        if event.program is not None:
            self.program = event.program
        if event.origin in ("form", "console"):
            self._asked.add(event.n)

    def _consequence(self, event: Event) -> None:
        if event.cause in self._asked and isinstance(event, Call | Note) and _failed(event):
            self.failures[event.cause] = event


def _failed(event: Call | Note) -> bool:
    if isinstance(event, Note):
        return event.level == "error"
    return event.error is not None and event.name in _ASKED_CALLS
