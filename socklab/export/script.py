"""The commands of a session as a script that can be run again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from socklab.events import Call, Command, Note
from socklab.export.record import Record, blocks
from socklab.i18n import _
from socklab.model.escaping import plain
from socklab.model.notation import command_text
from socklab.model.units import date_text

_EXPECT = re.compile(r"(?:[a-z][a-z0-9-]*:\s+)?expect\b")


def write_script(record: Record) -> Iterator[str]:
    """One command a line, each with its program in front, in the order they were asked for.

    A line that the lab refused, or that was withdrawn, stands as a comment with the reason. An
    `expect` that failed is no refusal, and neither is a command that made a call: those stay.
    """
    started = date_text(record.header.started)
    yield f"# {plain(_('socklab session of {date}', date=started))}\n"
    refusals = _refusals(record)
    for events in blocks(record):
        for event in events:
            if isinstance(event, Command):
                yield _line(event, refusals.get(event.n))


def _line(command: Command, reason: str | None) -> str:
    text = command_text(command)
    if reason is None or _EXPECT.match(text):
        return f"{text}\n"
    return f"# {text}    # {_('not done: {reason}', reason=plain(reason))}\n"


def _refusals(record: Record) -> dict[int, str]:
    """Why, for the `n` of each command that led to no call."""
    reasons: dict[int, str] = {}
    carried_out: set[int] = set()
    for events in blocks(record):
        for event in events:
            if event.cause is None:
                continue
            if isinstance(event, Call):
                carried_out.add(event.cause)
            elif isinstance(event, Note) and event.level != "info":
                reasons.setdefault(event.cause, event.text)
    return {n: reason for n, reason in reasons.items() if n not in carried_out}
