"""`every`: one command again and again, handed to its program each time anew."""

from __future__ import annotations

import asyncio

from socklab.lab.commands import Every, Line
from socklab.lab.program import Program
from socklab.lab.settling import Settling
from socklab.lab.ticket import Ticket

_LEAST_PAUSE = 0.001  # seconds: `every 0` repeats as soon as it can, but spins on nothing


async def repeat(program: Program, command: Every, ticket: Ticket, settling: Settling) -> None:
    """Do it as often as `command` says, or until one of them is refused; `ticket` is the whole's.

    On the engine's thread.
    """
    line = Line(command.text, program.name, command.command)
    last: Ticket | None = None
    left = command.times
    while left is None or left > 0:
        if last is not None and last.status == "refused":
            ticket.why, ticket.status = last.why, "refused"
            return
        # While the program is blocked in the last one, none is added behind it.
        if last is None or not last.open:
            last = Ticket(line, ticket.origin, ticket.base, ticket.n)
            program.submit_again(last)
            left = None if left is None else left - 1
        if left != 0:
            await asyncio.sleep(max(command.seconds, _LEAST_PAUSE))
    if last is not None:
        await settling.dealt_with(last)
        ticket.why = last.why
    ticket.status = "refused" if ticket.why else "done"
