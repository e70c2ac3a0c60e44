"""The ladder as text: calls with their results at the sides, what crossed between them, one time
axis. What packetdrill's scripts are to read, for any number of programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from socklab.events import Call, Frame, Program
from socklab.export.ladder_portions import has_row, portions
from socklab.export.record import Record, blocks
from socklab.export.text import header_text
from socklab.i18n import _
from socklab.model.cells import width_of
from socklab.model.ladder import Row, rows
from socklab.model.ladder_lanes import Lanes, of_programs, servers
from socklab.model.ladder_layout import (
    Piece,
    grid,
    head_line,
    legend,
    lifelines,
    most_lanes,
    row_line,
)
from socklab.model.ladder_moment import Moment
from socklab.model.ladder_order import in_order
from socklab.model.stacks import Stack

WIDTH = 120
"""Columns of a line."""

_PAUSE = 1_000_000_000
"""So long (ns) nothing happens before an empty line says so."""


@dataclass(slots=True)
class Cast:
    """Who takes part in a record: its programs in order of appearance, those of them that wait for
    others; how many rows its ladder has, and when it began (ns since the epoch). `stacks` are
    those of the hosts that the programs ran on; `wire`: frames were seen."""

    programs: list[str] = field(default_factory=list)
    servers: frozenset[str] = frozenset()
    rows: int = 0
    base: int = 0
    stacks: dict[str, Stack] = field(default_factory=dict)
    wire: bool = False

    def lanes(self, most: int) -> Lanes:
        """A lane each, `most` at most."""
        return replace(of_programs(self.programs, self.servers, most), stacks=self.stacks)


def cast_of(record: Record) -> Cast:
    """Who takes part, found in one walk through the record."""
    made: dict[tuple[str | None, str | None], None] = {}
    stacks: dict[str, Stack] = {}
    base, count, wire = record.header.started, 0, False
    for events in blocks(record):
        for event in events:
            if type(event) is Program and event.program is not None:
                stacks[event.program] = Stack(event.host, event.addresses)
            elif has_row(event):
                base = base if count else event.t
                count += 1
                if type(event) is Frame:
                    wire = True
                else:
                    made[event.program, event.name if type(event) is Call else None] = None
    programs = dict.fromkeys(program for program, _call in made if program is not None)
    return Cast(list(programs), servers(made), count, base, stacks, wire)


def rows_of(record: Record, lanes: Lanes) -> Iterator[Row]:
    """The ladder's rows, from the record's first event to its last."""
    moment = Moment()
    moment.exact = record.first == 0
    for events, courses, ahead in portions(record):
        yield from rows(in_order(events, moment.peer), moment, lanes, courses, ahead)


def write_ladder(record: Record) -> Iterator[str]:
    """Comment lines that say when and under which system and what the signs mean, then the lanes'
    names, then a line an event."""
    cast = cast_of(record)
    yield header_text(record)
    yield f"# {_text(legend(WIDTH, cast.wire))}\n"
    if not cast.rows:
        yield f"# {_('no program has made a call')}\n"
        return
    where = grid(cast.lanes(most_lanes(WIDTH)), WIDTH, width_of, cast.base, long=True)
    yield f"\n{_text(head_line(where))}\n"
    last: int | None = None
    for row in rows_of(record, where.lanes):
        if row.t is not None:
            if last is not None and row.t - last > _PAUSE:
                yield f"{_text(lifelines(where))}\n"
            last = row.t
        yield f"{_text(row_line(row, where))}\n"


def _text(pieces: Iterable[Piece]) -> str:
    return "".join(text for text, _style in pieces).rstrip()
