"""A recorded journal in the place of a lab: everything can be looked at, nothing can be done."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import NoReturn

from socklab.events import Origin
from socklab.i18n import _
from socklab.journal import History, Journal
from socklab.lab.pace import Pace
from socklab.lab.refusal import Refusal
from socklab.model.sockets import SocketTable
from socklab.ui.engine import Result, Script, Ticket
from socklab.ui.follower import Follower


class Recording:
    """Answers as a lab does in which nobody may do anything."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.pace = Pace()
        self.queued: list[Ticket] = []
        self.host = _("a recording")

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

    def own_addresses(self) -> list[str]:
        """Not of the machine on which it was recorded: they aren't known."""
        return []


class Moment(Follower):
    """The state at a moment of a recording: after its event `n`, or at its end for None."""

    def __init__(self, recording: Recording) -> None:
        super().__init__(recording)
        self._history = History(self.journal, SocketTable)
        self.n: int | None = None

    @property
    def now(self) -> int:
        """When that event began."""
        n = len(self.journal) - 1 if self.n is None else self.n
        return self.journal[n].t if self.journal.first <= n < len(self.journal) else 0

    def advance(self, seconds: float) -> bool:
        """Read on, for at most about `seconds`, so that every moment can be had at once."""
        before = self.position
        self._history.advance(seconds)
        self.position = self._history.ready
        if self.position == before:
            return False
        if self.n is None:
            self.table = self._history.at(self.position)
        return True

    def go_to(self, n: int | None) -> None:
        """Show the state after event `n`, None for the latest."""
        self.n = n
        self.table = self._history.at(self.position if n is None else n + 1)
