"""A program's commands, carried out one after the other on its thread; and beside it, what can wake
it."""

from __future__ import annotations

from socklab.i18n import _
from socklab.lab import commands
from socklab.lab.caller import Caller
from socklab.lab.calls import Calls
from socklab.lab.composite_verbs import client, forward, serve
from socklab.lab.program import Program, Stopped
from socklab.lab.refusal import Refusal, Unresolved
from socklab.lab.run import Run
from socklab.lab.ticket import Ticket
from socklab.lab.verbs import perform

for _composite in (serve, client, forward):
    perform.register(_composite)


def carry_out(program: Program, ticket: Ticket) -> None:
    """Do what the ticket asks, on the program's thread. A refusal is noted in the journal and kept
    in the ticket. Raises Stopped between two calls of a program that is to stop."""
    composite = isinstance(
        ticket.command, commands.Serve | commands.Client | commands.Forward | commands.Reset
    )
    paced = composite or ticket.origin in ("script", "lesson")

    def gate(what: str) -> None:
        if paced and not program.ended.is_set():
            program.env.pace.admit(what, program.ended)
        if program.ended.is_set():
            raise Stopped

    program.caller.gate = gate
    program.caller.cause = ticket.n
    _attempt(Run(program, ticket, program.calls))


def carry_out_aside(program: Program, ticket: Ticket) -> None:
    """Do it at once, beside the call that the program is blocked in: for what can wake it."""
    caller = Caller(program.env, program.name, cause=ticket.n)
    _attempt(Run(program, ticket, Calls(caller, program.descriptors)))
    ticket.status = "refused" if ticket.why else "done"


def _attempt(run: Run) -> None:
    try:
        perform(run.ticket.command, run)
    except Unresolved as unresolved:
        run.say(str(unresolved), failed=True)
    except Refusal as refusal:
        _refuse(run, str(refusal))
    except (OverflowError, ValueError, MemoryError) as error:
        _refuse(run, _("Python can't put this into a call: {error}", error=error))
    except Stopped:
        raise
    except Exception as error:  # the lab's own mistake: its program goes on all the same
        fault = f"{type(error).__name__}: {error}"
        _refuse(run, _("the lab itself failed at this: {fault}", fault=fault))


def _refuse(run: Run, text: str) -> None:
    run.ticket.why = text
    run.say(text, failed=True)
