"""What one row of the log shows, the same in the Log pane, in `run` and in the text export.

Which short meaning an errno has is not known here; whoever shows rows hands that in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from socklab.events import Call, Event, Note
from socklab.i18n import _
from socklab.model.escaping import SHOWN, plain
from socklab.model.notation import call_text, event_text
from socklab.model.units import clock_text, duration_text

RowLevel = Literal["info", "warning", "error"]

Meaning = Callable[[str, str], str]
"""What an errno (its symbolic name) says of a call (its POSIX name), in a few words; "" if
nothing is known."""

_PROGRAM_WIDTH = 8

NOT_YET = frozenset({"EAGAIN", "EWOULDBLOCK", "EINPROGRESS", "EALREADY"})
"""What a call that doesn't block answers in its normal course: not yet, rather than no."""


class LogRow(NamedTuple):
    """The cells of a row, each safe to print and without newline.

    `kind` is the event's type as in the journal ("call", "state", ...). `level` is "error" for a
    call that failed, "warning" for one that was cut short or that said "not yet". `duration` is
    empty where the event has none, `meaning` where there is nothing to explain.
    """

    n: int
    clock: str
    program: str
    text: str
    meaning: str
    duration: str
    kind: str
    level: RowLevel


def log_row(event: Event, meaning: Meaning | None = None, limit: int = SHOWN) -> LogRow:
    """The row for `event`, with at most `limit` bytes of its data."""
    text = call_text(event, limit) if isinstance(event, Call) else event_text(event)
    return LogRow(
        n=event.n,
        clock=clock_text(event.t),
        program=plain(event.program or ""),
        text=text,
        meaning=_meaning_text(event, meaning),
        duration=duration_text(event.duration) if isinstance(event, Call) else "",
        kind=type(event).__name__.lower(),
        level=level_of(event),
    )


def row_text(row: LogRow) -> str:
    """A row as one line of text, its cells two blanks apart: clock, program, text, duration in
    `<>` as strace(1) has it, meaning."""
    cells = [row.clock, row.program.ljust(_PROGRAM_WIDTH), row.text]
    if row.duration:
        cells.append(f"<{row.duration}>")
    if row.meaning:
        cells.append(row.meaning)
    return "  ".join(cells)


def _meaning_text(event: Event, meaning: Meaning | None) -> str:
    if not isinstance(event, Call):
        return ""
    if event.cut:
        return _("ended by the lab, not by the network")
    if event.error is None or meaning is None:
        return ""
    return plain(meaning(event.error, event.name))


def level_of(event: Event) -> RowLevel:
    """How bad it is: "error" for a failed call, "warning" for one cut short or not yet possible."""
    if isinstance(event, Note):
        return event.level
    if not isinstance(event, Call):
        return "info"
    if event.cut or event.error in NOT_YET:
        return "warning"
    return "error" if event.error is not None else "info"
