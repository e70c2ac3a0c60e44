"""One line on its way through the lab: who asked for it, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from socklab.events import Origin
from socklab.lab.commands import AnyCommand, Line

Status = Literal["queued", "running", "blocked", "done", "refused", "failed", "withdrawn"]
"""`refused`: it could not be put into a call; `failed`: an expectation that did not hold."""


@dataclass(eq=False, slots=True)
class Ticket:
    """`n` is its event (-1 before it has one); `why` says why it was refused or failed; `base` is
    the folder that `file:` paths count from."""

    line: Line
    origin: Origin
    base: Path
    n: int = -1
    status: Status = "queued"
    why: str | None = None

    @property
    def text(self) -> str:
        return self.line.text

    @property
    def program(self) -> str | None:
        return self.line.program

    @property
    def command(self) -> AnyCommand:
        return self.line.command

    @property
    def open(self) -> bool:
        """It isn't over yet."""
        return self.status in ("queued", "running", "blocked")
