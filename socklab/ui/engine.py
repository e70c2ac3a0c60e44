"""What the UI asks of the engine, and nothing of how the engine does it.

A live lab answers to this, and so does anything that only shows a recorded journal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Protocol

from socklab.events import Origin
from socklab.journal import Readable
from socklab.lab.pace import Pace
from socklab.lab.script import Result, Script
from socklab.lab.ticket import Ticket

__all__ = ["Engine", "Pace", "Result", "Script", "Ticket"]


class Engine(Protocol):
    """A lab, as the screen sees it. Nothing here waits for a program's calls, but `new` for their
    end; `withdraw` waits until the engine has taken its turn."""

    pace: Pace

    @property
    def journal(self) -> Readable:
        """The journal of now; `new` begins another."""
        ...

    @property
    def host(self) -> str:
        """The network stack that programs run in."""
        ...

    @property
    def queued(self) -> Sequence[Ticket]:
        """The lines that wait behind a blocked program."""
        ...

    @property
    def hosts(self) -> Sequence[str]:
        """The private hosts that programs run on; none on this machine."""
        ...

    def submit(self, text: str, origin: Origin, base: Path | None = None) -> Ticket | None:
        """Hand in a line; None if it says nothing. Raises LanguageError if it makes no sense, and
        Refusal where there is nobody to carry it out."""
        ...

    def withdraw(self, ticket: Ticket) -> bool:
        """Take a queued line back, or end a repetition; False if it was too late."""
        ...

    def in_view(self, numbers: Iterable[int]) -> None:
        """These sockets are on the screen: look at them often."""
        ...

    def script(self, text: str, base: Path | None = None) -> Script:
        """A script at hand. Raises LanguageError for its first mistake."""
        ...

    def run(self, script: Script) -> Future[Result]:
        """Run what is left of a script."""
        ...

    def step(self, script: Script) -> Future[Result]:
        """Run a script's next line."""
        ...

    def new(self) -> None:
        """Stop everything and begin another journal; returns when that is done."""
        ...

    def free_port(self, first: int = 8080, *, reusing: bool = True) -> int:
        """The first port from `first` on that nobody holds."""
        ...

    def own_addresses(self, program: str | None) -> Sequence[str]:
        """The addresses at which others can call what this program bound to `*`."""
        ...
