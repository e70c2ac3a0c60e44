"""Running a script: its lines one after another, each when what came before has been dealt with.

A line starts when every earlier one has returned or is recorded as blocked. The first expectation
that fails ends the script.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Literal

from socklab.i18n import _
from socklab.lab.language import ScriptLine
from socklab.lab.session import Session
from socklab.lab.ticket import Ticket

Result = Literal["ready", "running", "done", "failed", "senseless"]
"""`senseless`: a line could not be put into a call here (no descriptor fits, say)."""


_GRACE = 1.0
"""Seconds that queued lines have at a script's end: what woke their program has just happened."""


class Script:
    """A script at hand. `position` is the index of the next line; `failure` says what went wrong.
    `cut`: it failed because the lab ended, or was begun anew, before it did.

    `session` gives the session of now (a script may begin a new one), `perform` carries a line out.
    `step` and `run` are coroutines of the engine's loop; the fields may be read from any thread.
    """

    def __init__(
        self,
        session: Callable[[], Session],
        perform: Callable[[Ticket], Awaitable[None]],
        lines: Sequence[ScriptLine],
        base: Path,
    ) -> None:
        self.lines = tuple(lines)
        self.position = 0
        self.result: Result = "ready"
        self.failure: str | None = None
        self.cut = False
        self._session = session
        self._perform = perform
        self._open: list[tuple[ScriptLine, Ticket]] = []
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
        """Run the next line. It fails where the lab ends, or is begun anew, meanwhile."""
        async with self._turn:
            try:
                await self._step()
            except asyncio.CancelledError:
                self.result, self.failure = "failed", _("the lab ended before the script did")
                self.cut = True
            return self.result

    async def _step(self) -> None:
        if self.done:
            return
        self.result = "running"
        if self.position < len(self.lines):
            await self._run_line(self.lines[self.position])
            self.position += 1
        if self.position >= len(self.lines) and not self.done:
            await self._end()

    async def _run_line(self, line: ScriptLine) -> None:
        await self._session().settling.settled()
        ticket = Ticket(line.line, "script", self._base)
        self._open.append((line, ticket))
        await self._perform(ticket)
        await self._session().settling.settled()
        self._judge()

    def _judge(self) -> None:
        """See what became of the lines so far; one that was queued may be refused much later."""
        for line, ticket in self._open:
            if ticket.status in ("refused", "failed"):
                self.result = "senseless" if ticket.status == "refused" else "failed"
                self.failure = _(
                    "line {number}: {text}: {why}",
                    number=line.number,
                    text=line.text.strip(),
                    why=ticket.why,
                )
                return
        self._open = [(line, ticket) for line, ticket in self._open if ticket.open]

    async def _end(self) -> None:
        session = self._session()
        await session.settling.drained(_GRACE)
        self._judge()
        if self.done:
            return
        pending = session.pending()
        if not pending:
            self.result = "done"
            return
        self.result = "failed"
        self.failure = _(
            "{program} is still blocked, and behind it waits {lines}",
            program=pending[0].program,
            lines=", ".join(f"`{ticket.text}`" for ticket in pending),
        )
