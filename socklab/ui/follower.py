"""Reads what is new in the journal and folds it, a bounded amount for each frame of the screen.

Never one message for each event: the journal wakes the follower once, the follower asks for a
frame, and the frame reads on for as long as it may. However fast the engine writes, the screen
spends the same share of its time on it, and what isn't read yet waits in the journal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import compress
from time import perf_counter
from typing import Protocol

from socklab.events import AnyEvent, Call, Command, Event, Fate, Frame, Info, Note, Wait
from socklab.journal import Kind, Readable
from socklab.journal.readable import ReadableColumns
from socklab.model.logline import NOT_YET
from socklab.model.sockets import SocketTable

CHUNK = 4096
"""Events looked through at once: a millisecond or two, much less where few of them matter."""

_PASSED_OVER = frozenset(["send", "recv", "recvfrom", "poll"])
"""Calls that change nothing in the table of sockets, but for the one that a program is blocked in.

In a flood nearly all events are such calls; the journal's columns tell without reading them."""

_ASKED_CALLS = frozenset(
    ["socket", "bind", "listen", "connect", "send", "sendto", "shutdown", "close", "setsockopt"]
)
"""Calls whose failure belongs to the command that asked; a server's later ones don't."""


class Source(Protocol):
    """Whoever has the journal of now: `new` begins another."""

    @property
    def journal(self) -> Readable: ...


class Follower:
    """What the journal says so far, as the panes need it.

    `position` is the `n` of the next event to read, `program` the one that a line without a
    program's name goes to. `failures` are what went wrong with lines from forms and the console,
    by the `n` of their command.
    """

    share = 0.05
    """Of its thread's time, what the screen may take for frames in a flood: Python runs one thread
    at a time, so what the screen takes the engine lacks."""

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
        self._stops: set[int] = set()
        self._kinds: list[bool] = []

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
        for event in self._that_matter(start, stop):
            self.table.apply(event)
            if isinstance(event, Command):
                self._command(event)
            elif event.cause is not None:
                self._consequence(event)
        self.position = stop

    def _that_matter(self, start: int, stop: int) -> Iterator[AnyEvent]:
        """The events from `start` up to `stop` that can change anything here."""
        columns = self.journal.columns
        start, kinds, _socks = columns.slice(start, stop)
        here = set(kinds)
        matters = self._matters(columns, here)
        if not any(matters[kind] for kind in here):
            return  # which is soon seen, and the rule in a flood
        numbers = list(compress(range(start, stop), map(matters.__getitem__, kinds)))
        if len(numbers) > len(kinds) // 8:
            yield from self.journal.read(start, stop)
            return
        for n in numbers:
            yield from self.journal.read(n, n + 1)

    def _matters(self, columns: ReadableColumns, kinds: Iterable[int]) -> list[bool]:
        """By the number of a kind: whether events of it are to be read, where there are `kinds`."""
        table = columns.table
        self._kinds.extend(map(_always_matters, table[len(self._kinds) :]))
        blocked = {(name, wait.name) for name, wait in self.table.now_blocked.items()}
        here = [table[number] for number in kinds]
        blocked.update((kind.program or "", kind.call or "") for kind in here if kind.type is Wait)
        if not blocked:
            return self._kinds
        return [
            always or (kind.program, kind.call) in blocked
            for always, kind in zip(self._kinds, table, strict=False)
        ]

    def _command(self, event: Command) -> None:
        if event.program is not None:
            self.program = event.program
        if event.origin in ("form", "console"):
            self._asked.add(event.n)
            if _STOP.match(event.text):
                self._stops.add(event.n)

    def _consequence(self, event: Event) -> None:
        if event.cause not in self._asked or not isinstance(event, Call | Note):
            return
        if isinstance(event, Call) and event.cause in self._stops:
            return  # a shutdown that wakes a program has done so though it says ENOTCONN
        if _failed(event):
            self.failures[event.cause] = event


_STOP = re.compile(r"(\S+:\s*)?stop\b")


def _always_matters(kind: Kind) -> bool:
    if kind.type in (Info, Frame, Fate):
        return False
    if kind.type is not Call or kind.call not in _PASSED_OVER:
        return True
    return kind.call == "send" and kind.error not in (None, "EAGAIN")


def _failed(event: Call | Note) -> bool:
    if isinstance(event, Note):
        return event.level == "error"
    return event.error not in (None, *NOT_YET) and event.name in _ASKED_CALLS
