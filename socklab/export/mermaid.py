"""The ladder as a sequence diagram in Mermaid's language, for a README, a wiki or a report.

What programs said to each other may hold anything. In a diagram it must be text and nothing else,
so that every character that Mermaid could take for its own is written as its number, `#59;`.
"""

from __future__ import annotations

from collections.abc import Iterator

from socklab.events import Call, State, Wait
from socklab.export.ladder import Cast, cast_of, rows_of
from socklab.export.record import Record
from socklab.i18n import _
from socklab.model.cells import width_of
from socklab.model.escaping import plain
from socklab.model.ladder import Row
from socklab.model.ladder_lanes import Lanes
from socklab.model.ladder_rows import Arrow, Ending, Flight
from socklab.model.ladder_text import row_text
from socklab.model.units import date_text

MOST_CHARACTERS = 48_000
"""Mermaid refuses more than 50,000 (`maxTextSize`) unless it is told otherwise."""

MOST_LANES = 12
_LABEL = 90
"""Cells of a label: a longer one makes its lane wider than a page."""

_PLAIN = frozenset(" ()=,._-/+·–◆◇✗…")
# What Mermaid itself writes in the place of an entity while it works.
_ITS_OWN = frozenset("ﬂ°¶ß")


def write_mermaid(record: Record) -> Iterator[str]:
    """A `sequenceDiagram`: a participant for each program, a message for what crossed (dashed: it
    follows from the calls, solid: it was seen), notes for calls and states, an activation while a
    call is blocked.

    It ends early where Mermaid would refuse it for its length, and says so.
    """
    cast = cast_of(record)
    lanes = cast.lanes(MOST_LANES)
    beginning = "".join(_beginning(record, cast, lanes))
    yield beginning
    if not cast.rows:
        return
    diagram, left, done = _Diagram(lanes), MOST_CHARACTERS - len(beginning), 0
    for row in rows_of(record, lanes):
        text = diagram.row(row)
        left -= len(text)
        if left < 0:
            break
        yield text
        done += 1
    yield from diagram.end(cast.rows - done)


def escaped(text: str) -> str:
    """`text` as Mermaid shows it: nothing in it means anything."""
    return "".join(
        char if _stands_for_itself(char) else f"#{ord(char)};" for char in plain(text).strip()
    )


def _stands_for_itself(char: str) -> bool:
    if char.isascii():
        return char.isalnum() or char in _PLAIN
    return char not in _ITS_OWN


def _beginning(record: Record, cast: Cast, lanes: Lanes) -> Iterator[str]:
    yield "sequenceDiagram\n"
    started = date_text(record.header.started)
    yield f"    %% {escaped(_('socklab session of {date}', date=started))}\n"
    if not cast.rows:
        yield f"    participant p0 as {escaped(_('no program has made a call'))}\n"
        return
    for lane, head in enumerate(lanes.heads):
        yield f"    participant p{lane} as {escaped(head.name) or '?'}\n"
    said = _("dashed arrows are inferred from the calls: nobody has seen the wire")
    if cast.wire:
        said = _("solid arrows were seen on the wire, ending in a cross where they were dropped")
    yield f"    Note over {_all_lanes(lanes)}: {escaped(said)}\n"


def _all_lanes(lanes: Lanes) -> str:
    last = len(lanes.heads) - 1
    return f"p0,p{last}" if last else "p0"


class _Diagram:
    """The rows as statements, and who is blocked meanwhile."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self._active: set[int] = set()

    def row(self, row: Row) -> str:
        """The lines for one row."""
        text = escaped(row_text(row, _LABEL, width_of, self._lanes.single, long=True))
        event, lane = row.event, row.lane
        lines = []
        if isinstance(event, Call) and lane in self._active and lane not in row.bars:
            self._active.discard(lane)
            lines.append(f"deactivate p{lane}")
        lines += self._crossing(row, text) if row.arrow is not None else [self._note(row, text)]
        if isinstance(event, Wait) and lane in row.bars and lane not in self._active:
            self._active.add(lane)
            lines.append(f"activate p{lane}")
        return "".join(f"    {line}\n" for line in lines)

    def end(self, left_out: int) -> Iterator[str]:
        """What is still blocked, and how much isn't there."""
        for lane in sorted(self._active):
            yield f"    deactivate p{lane}\n"
        if left_out:
            said = _("{n} more rows: --to ladder has them all", n=f"{left_out:,}")
            yield f"    Note over {_all_lanes(self._lanes)}: … {escaped(said)}\n"

    def _crossing(self, row: Row, text: str) -> list[str]:
        arrow = row.arrow
        assert arrow is not None
        if arrow.flight is not None:
            return [_frame(arrow, arrow.flight, text)]
        shaft = "--)" if arrow.datagram else "-->>"
        message = f"p{arrow.source}{shaft}p{arrow.target}: "
        label = escaped(arrow.labels[0]) if arrow.labels else ""
        if isinstance(row.event, State):
            return [message + label, self._note(row, text)]
        return [message + " · ".join(part for part in (text, label) if part)]

    def _note(self, row: Row, text: str) -> str:
        if isinstance(row.event, State):
            side = "left of" if not row.lane else "right of"
        else:
            side = "over"
        notes = [escaped(row.notes[0])] if row.notes else []
        return f"Note {side} p{row.lane}: {' · '.join([text, *notes])}"


def _frame(arrow: Arrow, flight: Flight, text: str) -> str:
    """A frame on its way: it ends in a cross where it was dropped, and openly where it hasn't
    arrived yet, which another line tells of."""
    label = escaped(arrow.labels[-2:][0])
    parts = [label, text]
    if flight.ending is Ending.DROPPED:
        shaft = "-x"
        parts.append(f"✗ {escaped(flight.why)}".rstrip())
    elif flight.ending is Ending.ARRIVED:
        shaft = "->>"
    else:
        shaft = "-)"
        parts.append(_("held") if flight.ending is Ending.HELD else _("under way"))
    return f"p{arrow.source}{shaft}p{arrow.target}: {' · '.join(part for part in parts if part)}"
