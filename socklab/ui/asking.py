"""How a pane asks for a command, and how it hears what became of it."""

from __future__ import annotations

from typing import Protocol

from textual.message import Message

from socklab.events import Origin
from socklab.ui.engine import Ticket


class Asker(Protocol):
    """Whoever asked: a form, the console, the list of sockets."""

    def taken(self, line: str, ticket: Ticket | None) -> None:
        """The line was handed in."""
        ...

    def refused(self, line: str, why: str, column: int | None) -> None:
        """The line makes no sense, from `column` (1-based) on if that is known."""
        ...


class Asked(Message):
    """Somebody wants this line carried out. There is no other way to do anything."""

    def __init__(self, asker: Asker, line: str, origin: Origin) -> None:
        super().__init__()
        self.asker = asker
        self.line = line
        self.origin = origin


class Helped(Message):
    """Somebody typed `help`."""
