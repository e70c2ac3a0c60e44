"""A recorded journal in the place of a lab: everything can be looked at, nothing can be done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from pathlib import Path
from time import perf_counter
from typing import NoReturn

from socklab.events import Call, Origin, Program
from socklab.i18n import _
from socklab.journal import Excerpt, Filter, Readable, Selection, Times
from socklab.lab.pace import Pace
from socklab.lab.refusal import Refusal
from socklab.model.sockets import SocketTable
from socklab.ui.engine import Result, Script, Ticket
from socklab.ui.follower import Follower
from socklab.ui.tables import Tables

LOOKS, LOOKING = 20, 0.05
"""How many tables to look at for the last connection, and seconds to spend on finding them."""

TURN = 0.002
"""Seconds that tables and times are read on for in turn."""

GLIMPSE = 0.5
"""Seconds between two tables that are shown before the moment's own has been found: each costs a
frame, which is better spent on reading."""

FAR = 16_384
"""So many events further on, all is begun anew there: to lead every list on takes longer."""


class Recording:
    """Answers as a lab does in which nobody may do anything."""

    def __init__(self, journal: Readable) -> None:
        self.journal = journal
        self.pace = Pace()
        self.queued: list[Ticket] = []
        self.host = _("a recording")
        self.hosts: tuple[str, ...] = ()

    def submit(self, text: str, origin: Origin, base: Path | None = None) -> NoReturn:
        """Raises Refusal."""
        raise Refusal(_("this is a recording: nothing can be done in it"))

    def withdraw(self, ticket: Ticket) -> bool:
        """Nothing waits here."""
        return False

    def in_view(self, numbers: Iterable[int]) -> None:
        """Nothing is looked at any more."""

    def script(self, text: str, base: Path | None = None) -> Script:
        """Raises Refusal."""
        self.submit(text, "script")

    def run(self, script: Script) -> Future[Result]:
        """Raises Refusal."""
        self.submit("", "script")

    def step(self, script: Script) -> Future[Result]:
        """Raises Refusal."""
        self.submit("", "script")

    def new(self) -> None:
        """Raises Refusal."""
        self.submit("new", "form")

    def free_port(self, first: int = 8080, *, reusing: bool = True) -> int:
        """Nobody will start a server here."""
        return first

    def own_addresses(self, program: str | None) -> list[str]:
        """Not of the machine on which it was recorded: they aren't known."""
        return []


class Moment(Follower):
    """What there was to see at a moment of a recording: after its first `count` events, at `time`
    (ns since the epoch; None for when the last of them was over). It begins at the end.

    `journal` ends there: it grows while time goes forward, and is another one after going back, or
    far ahead. `tables` has the sockets of any moment that has been read.
    """

    share = 0.7
    """No engine wants the thread."""

    def __init__(self, recording: Recording) -> None:
        super().__init__(recording)
        self.whole = recording.journal
        self.times = Times(self.whole)
        self.journal = self._shown = Excerpt(self.whole, len(self.whole))
        self.tables = Tables(self.whole, waits=True)
        self._wanted: tuple[int, int | None] | None = None
        self._goes = False
        self._folded, self._folded_at = -1, -GLIMPSE

    @property
    def count(self) -> int:
        """How many events are shown."""
        return len(self.journal)

    @property
    def wanted(self) -> int:
        """How many events are shown with the next frame."""
        return len(self.whole) if self._wanted is None else min(self._wanted[0], len(self.whole))

    @property
    def wanted_time(self) -> int:
        """The time (ns since the epoch) at which what is shown then holds."""
        time = None if self._wanted is None else self._wanted[1]
        return self.times.at(self.wanted) if time is None else time

    @property
    def at_end(self) -> bool:
        """Whether that is all that there are, and will be all that are still found."""
        return self._wanted is None and self.count == len(self.whole)

    @property
    def now(self) -> int:
        """The time (ns since the epoch) at which what is shown holds."""
        return self.journal.now()

    @property
    def behind(self) -> int:
        """How many events of the recording have not been read yet."""
        return len(self.whole) - self.position

    def go_to(self, count: int, time: int | None = None) -> None:
        """Show, from the next frame on, what there was after the first `count` events."""
        count = max(0, count)
        self._goes = True
        at_end = count >= len(self.whole) and self.whole.indexed
        self._wanted = None if at_end and time is None else (count, time)

    def go_to_end(self) -> None:
        """Show, from the next frame on, all of it; and what is still found, as it is found."""
        self._goes = True
        self._wanted = None

    def before_closes(self) -> Iterator[SocketTable]:
        """The tables from before the last times that a descriptor was given back, latest first."""
        criteria = (
            Filter(types=frozenset({Call}), calls=frozenset({"close"})),
            Filter(types=frozenset({Program})),
        )
        found: list[int] = []
        for each in criteria:
            numbers = Selection(self.whole, each)
            numbers.extend_back(LOOKING, rows=LOOKS)
            found += [numbers[-back] for back in range(1, min(LOOKS, len(numbers)) + 1)]
        for n in sorted(found, reverse=True)[:LOOKS]:
            yield self.tables.at(n)

    def advance(self, seconds: float) -> bool:
        """Read on for about `seconds`, so that every moment can be had at once; and take over the
        moment that is wanted."""
        self.read_on(seconds)
        count, time = self._wanted or (len(self.whole), None)
        if count < self._shown.end or (self._goes and count > self._shown.end + FAR):
            self.journal = self._shown = self._shown.until(count, time)
        else:
            self._shown.extend(count, time)
        self._goes = False
        return self._fold()

    def read_on(self, seconds: float) -> None:
        """Read on for about `seconds`: what is shown stays."""
        deadline = perf_counter() + seconds
        turn = min(TURN, seconds)
        while self.behind:
            size = len(self.whole)
            self.tables.advance(turn, size)
            self.times.advance(turn, size)
            self.position = min(self.tables.ready, self.times.ready)
            if perf_counter() >= deadline:
                break

    def _fold(self) -> bool:
        """Take the table of the moment; as far as the recording has been read, until it has."""
        count = min(self.count, self.position)
        if count == self._folded:
            return False
        if count < self.count and perf_counter() < self._folded_at + GLIMPSE:
            return False
        self._folded, self._folded_at = count, perf_counter()
        self.tables.at(count - 1)  # on the way, and what Inspect asks for next
        self.table = self.tables.at(count)
        return True
