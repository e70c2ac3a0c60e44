"""Running a script: its lines one after another, each when what came before has been dealt with.

A line starts when every earlier one has returned or is recorded as blocked. The first expectation
that fails ends the script.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from socklab.i18n import _
from socklab.lab.language import ScriptLine
from socklab.lab.session import Session
from socklab.lab.ticket import Ticket

Result = Literal["ready", "running", "done", "failed", "senseless"]
"""`senseless`: a line could not be put into a call here (no descriptor fits, say)."""


class Script:
    """A script at hand. `position` is the index of the next line; `failure` says what went wrong.

    `step` and `run` are coroutines of the engine's loop; the fields may be read from any thread.
    """

    def __init__(self, session: Session, lines: Sequence[ScriptLine], base: Path) -> None:
        self.lines = tuple(lines)
        self.position = 0
        self.result: Result = "ready"
        self.failure: str | None = None
        self._session = session
        self._base = base
        self._turn = asyncio.Lock()

    @property
    def done(self) -> bool:
        """Nothing is left to run, or a failure ended it."""
        return self.result in ("done", "failed", "senseless")

    async def run(self) -> Result:
        """Run what is left, to the end or to the first failure."""
        while not self.done:
            await self.step()
        return self.result

    async def step(self) -> Result:
        """Run the next line."""
        async with self._turn:
            if self.done:
                return self.result
            self.result = "running"
            if self.position < len(self.lines):
                await self._run_line(self.lines[self.position])
                self.position += 1
            if self.position >= len(self.lines) and not self.done:
                await self._end()
            return self.result

    async def _run_line(self, line: ScriptLine) -> None:
        await self._session.settled()
        ticket = Ticket(line.line, "script", self._base)
        await self._session.perform(ticket)
        await self._session.settled()
        if ticket.status in ("refused", "failed"):
            self.result = "senseless" if ticket.status == "refused" else "failed"
            self.failure = _(
                "line {number}: {text}: {why}", number=line.number, text=line.text, why=ticket.why
            )

    async def _end(self) -> None:
        await self._session.settled()
        await self._session.repeated()
        waiting = self._session.queued()
        if not waiting:
            self.result = "done"
            return
        self.result = "failed"
        self.failure = _(
            "{count} lines never ran: {program} is still blocked and `{text}` waits behind it",
            count=len(waiting),
            program=waiting[0].program,
            text=waiting[0].text,
        )
