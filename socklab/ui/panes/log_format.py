"""One event as a line of the Log: which cells it has, and how they look.

A glyph says what a line is even where there are no colours. Where there is little room the line
gives up the clock's microseconds, then the clock, then the duration, never the call's result.
"""

from __future__ import annotations

from dataclasses import dataclass

from socklab.events import Call, Event, State
from socklab.explain import errno_advice
from socklab.i18n import _
from socklab.model.ladder_layout import STYLES
from socklab.model.logline import LogRow, log_row
from socklab.model.notation import SHOWN, call_text, event_text
from socklab.ui.panes.cells import Part, fit_measured, pad, width_of

GLYPHS = {
    "command": "›",
    "program": "●",
    "call": "",
    "wait": "■",
    "state": "◆",
    "gauge": "▪",
    "info": "▪",
    "frame": "→",
    "fate": "→",
    "note": "i",
}
FAILED, WARNED = "✗", "!"
INFERRED = "◇"
"""A state that follows from the calls, as in the Ladder: nobody saw it."""

_KIND_STYLES = {
    "command": "strong",
    "wait": "warning",
    "state": "good",
    "gauge": "dim",
    "info": "dim",
    "program": "dim",
}
_LEVEL_STYLES = {"error": "error", "warning": "warning", "info": ""}

_FULL_FROM, _CLOCK_FROM, _DURATION_FROM = 96, 72, 64
_FULL_CLOCK, _SHORT_CLOCK = 16, 12
_GLYPH, _DURATION, _GAP = 2, 8, 2
_LONGEST_NAME = 14
_LEAST_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Columns:
    """How many cells each column has; 0 for one that is left out."""

    clock: int
    program: int
    text: int
    duration: int

    @classmethod
    def for_width(cls, width: int, program: int) -> Columns:
        """The columns of a line of `width` cells, the longest program's name taking `program`."""
        clock = 0
        if width >= _CLOCK_FROM:
            clock = _FULL_CLOCK if width >= _FULL_FROM else _SHORT_CLOCK
        duration = _DURATION if width >= _DURATION_FROM else 0
        used = 1 + (clock + 1 if clock else 0) + _GLYPH + 1 + program + _GAP
        used += duration + _GAP if duration else 0
        return cls(clock, program, max(10, width - used), duration)


def errno_meaning(error: str, call: str) -> str:
    """What an errno says of a call, in a few words."""
    return errno_advice(error, call).meaning


class LogFormat:
    """Makes the lines. The programs' column grows with the longest name seen so far; `serving` are
    the programs that have a server's colour, as in the Ladder (model.ladder_lanes.servers)."""

    def __init__(self) -> None:
        self.program_width = 6
        self.serving: frozenset[str] = frozenset()

    def parts(self, event: Event, width: int) -> list[Part]:
        """The line for `event` on a screen of `width` cells."""
        row = log_row(event, errno_meaning)
        self.meet(row.program)
        columns = Columns.for_width(width, self.program_width)
        return [
            (f" {row.clock[: columns.clock]} " if columns.clock else " ", "dim"),
            (pad(_glyph(event, row), _GLYPH) + " ", _style(row)),
            (pad(row.program, columns.program) + " " * _GAP, self._style_of(event.program)),
            *_text_parts(event, row, columns),
        ]

    def meet(self, program: str) -> None:
        """Make room for the name of a program."""
        self.program_width = max(self.program_width, min(_LONGEST_NAME, width_of(program)))

    def _style_of(self, program: str | None) -> str:
        return STYLES["right" if program in self.serving else "left"]


def whole_text(event: Event) -> str:
    """What a search looks through: the line, with all of its bytes that the journal has."""
    if not isinstance(event, Call):
        return f"{event.program or ''} {event_text(event)}"
    text = call_text(event, limit=len(event.data or b""))
    meaning = "" if event.error is None else errno_meaning(event.error, event.name)
    return f"{event.program or ''} {text} {meaning}"


def copied_text(event: Event) -> str:
    """The line as it is copied: with its clock and its duration, not cut."""
    row = log_row(event, errno_meaning)
    cells = (row.clock, row.program, row.text, row.meaning, row.duration)
    return "  ".join(cell for cell in cells if cell)


def _glyph(event: Event, row: LogRow) -> str:
    if isinstance(event, State) and event.source == "call":
        return INFERRED
    if row.level == "info":
        return GLYPHS.get(row.kind, "")
    return FAILED if row.level == "error" else WARNED


def _style(row: LogRow) -> str:
    return _LEVEL_STYLES[row.level] or _KIND_STYLES.get(row.kind, "")


def _text_parts(event: Event, row: LogRow, columns: Columns) -> list[Part]:
    duration, room = row.duration, columns.text
    text = _shortened(event, row.text, room)
    if columns.duration and width_of(text) > room:
        duration, room = "", room + _GAP + _DURATION  # the result counts for more
    said, failure = text, ""
    if isinstance(event, Call) and event.error is not None:
        said, equals, code = text.rpartition(" = ")
        failure = equals + code
    elif row.kind == "command":
        said = text.removeprefix("> ").removeprefix(f"{row.program}: ")
    parts = [(said, "" if row.kind == "call" else _style(row)), (failure, _style(row))]
    meaning = _("blocked") if row.kind == "wait" else row.meaning
    if meaning:
        parts.append((f"  {meaning}", "dim"))
    if not duration or not columns.duration:
        return parts
    return [*_held(parts, room), (" " * _GAP + duration.rjust(_DURATION), "dim")]


def _held(parts: list[Part], cells: int) -> list[Part]:
    """`parts` in exactly `cells` cells, so that what follows stands at the right edge."""
    fitted, used = fit_measured(parts, cells)
    return [*fitted, (" " * (cells - used), "")]


def _shortened(event: Event, text: str, cells: int) -> str:
    """`text` with less of the data, if that is what keeps the result out of sight."""
    too_long = width_of(text) - cells
    if too_long <= 0 or not isinstance(event, Call) or not event.data:
        return text
    return log_row(event, limit=max(_LEAST_SHOWN, SHOWN - too_long - 3)).text
