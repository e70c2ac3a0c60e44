"""How a test works a lab: hands in lines, and waits for events instead of sleeping."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from socklab.events import Address, AnyEvent, Call, Event, Note, Wait
from socklab.lab.lab import Lab
from socklab.lab.ticket import Ticket
from socklab.model.notation import event_text

E = TypeVar("E", bound=Event)

PATIENCE = 20.0
"""Seconds after which a test gives up on what should come at once, on a machine under load."""


def begin(lab: Lab, *lines: str) -> int:
    """Run the lines as a script, each to its return or until its program is blocked; the number of
    the first event of theirs."""
    start = len(lab.journal)
    script = lab.script("\n".join(lines))
    result = lab.run(script).result(PATIENCE)
    assert result == "done", script.failure
    return start


def do(lab: Lab, *lines: str) -> list[Call]:
    """Run the lines as a script, none of which blocks for good; the calls that returned."""
    start = begin(lab, *lines)
    # On a machine under load a call may be recorded as blocked that is about to return.
    for wait in lab.journal.read(start, len(lab.journal)):
        if isinstance(wait, Wait):
            returned(lab, wait.program or "", wait.name, start, t=wait.t)
    begin(lab)  # nothing, which starts when every program is idle or blocked
    return [event for event in lab.journal.read(start, 1 << 40) if isinstance(event, Call)]


def submit(lab: Lab, line: str) -> Ticket:
    """Hand a line in as the console does."""
    ticket = lab.submit(line, "console")
    assert ticket is not None
    return ticket


def events_of(lab: Lab, kind: type[E], **fields: object) -> list[E]:
    """The events of a type so far that have these fields."""
    return [event for event in lab.journal if _fits(event, kind, fields)]  # type: ignore[misc]


def calls_of(lab: Lab, program: str, *names: str) -> list[Call]:
    """The calls of a program so far, of these names if any is given."""
    return [
        call for call in events_of(lab, Call, program=program) if not names or call.name in names
    ]


def wait_for(
    lab: Lab, predicate: Callable[[AnyEvent], bool], timeout: float = PATIENCE, start: int = 0
) -> AnyEvent:
    """The first event from number `start` on for which `predicate` holds, as soon as it's there."""
    journal, position = lab.journal, start
    until = time.monotonic() + timeout
    while True:
        grown = threading.Event()
        journal.watch(grown.set)
        for event in journal.read(position, len(journal)):
            if predicate(event):
                return event
            position = event.n + 1
        if not grown.wait(max(0.0, until - time.monotonic())):
            last = "\n".join(event_text(event) for event in journal.read(position - 30, position))
            raise AssertionError(f"it didn't come; the last events are:\n{last}")


def comes_to(lab: Lab, holds: Callable[[], bool], timeout: float = PATIENCE) -> bool:
    """Whether it comes to be so: asked again after each event, and where nothing happens, often."""
    until = time.monotonic() + timeout
    while not holds():
        if time.monotonic() > until:
            return False
        more = threading.Event()
        lab.journal.watch(more.set)
        more.wait(0.02)
    return True


def wait_event(lab: Lab, kind: type[E], start: int = 0, **fields: object) -> E:
    """The first event of a type that has these fields, as soon as it's there."""
    found = wait_for(lab, lambda event: _fits(event, kind, fields), start=start)
    assert isinstance(found, kind)
    return found


def returned(lab: Lab, program: str, name: str, start: int = 0, **fields: object) -> Call:
    """The first return of a call by a program, as soon as it's there."""
    return wait_event(lab, Call, start, program=program, name=name, **fields)


def blocked(lab: Lab, program: str, name: str, start: int = 0) -> Wait:
    """That a program is blocked in a call, as soon as the journal says so."""
    return wait_event(lab, Wait, start, program=program, name=name)


def noted(lab: Lab, part: str, start: int = 0) -> Note:
    """The first note with `part` in it, as soon as it's there."""
    found = wait_for(lab, lambda event: isinstance(event, Note) and part in event.text, start=start)
    assert isinstance(found, Note)
    return found


def address_of(lab: Lab, program: str) -> Address:
    """Where the newest socket that a program bound can be called, any-address as loopback."""
    bound = [call.local for call in calls_of(lab, program, "bind") if call.local is not None]
    host, port = bound[-1]
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port


def _fits(event: Event, kind: type[Event], fields: dict[str, object]) -> bool:
    return isinstance(event, kind) and all(
        getattr(event, field) == value for field, value in fields.items()
    )
