"""What the Inspect pane draws: a structure byte by byte, a program's descriptor table."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import NamedTuple

from socklab.events import Call
from socklab.i18n import _
from socklab.model.addresses import address_text
from socklab.model.layout import Field, Layout
from socklab.model.rows import SocketRow
from socklab.model.sockets import SocketTable
from socklab.ui.panes.cells import Part, pad, width_of, wrap

Lines = list[list[Part]]

_A_ROW = 8  # bytes of a structure in one line
_OFFSET = 5  # cells
_FRAME = 13  # cells of a descriptor table that its columns leave: margin, rules, marks
_STANDARD = ("stdin", "stdout", "stderr")

MOST_DESCRIPTORS = 24
"""So many rows of a descriptor table are drawn at most; the rest is counted."""


# A structure


def draw_layout(layout: Layout, width: int) -> Lines:
    """A structure: offset, name, bytes and value of each field, its meaning beside or below."""
    names = max(width_of(field.name) for field in layout.fields)
    digits = 3 * min(_A_ROW, max(field.size for field in layout.fields)) - 1
    columns = _Columns(names + 2, digits + 2, width)
    caption = _("{name}, {n} bytes", name=layout.name, n=layout.size)
    lines: Lines = [[(" " + caption, "strong")]]
    for field in layout.fields:
        lines += _draw_field(field, columns)
    return lines


class _Columns(NamedTuple):
    """Cells for a field's name, for its bytes, and for all."""

    name: int
    digits: int
    width: int


def _draw_field(field: Field, columns: _Columns) -> Lines:
    rows = _byte_rows(field)
    before = _OFFSET + columns.name + columns.digits
    beside = columns.width - before - width_of(field.value) - 2
    said: Lines = [[(field.value, "strong")]]
    below: Lines = []
    if field.meaning and width_of(field.meaning) <= beside:
        said[0].append((f"  {field.meaning}", "dim"))
    elif field.meaning:
        margin = _OFFSET + columns.name
        texts = wrap(field.meaning, max(12, columns.width - margin))
        below = [[(" " * margin + text, "dim")] for text in texts]
    lines: Lines = []
    for index, digits in enumerate(rows):
        name = field.name if index == 0 else ""
        offset = f"{field.start + index * _A_ROW:3}".ljust(_OFFSET)
        line = [(offset, "dim"), (name.ljust(columns.name), "")]
        line.append((digits.ljust(columns.digits), "accent"))
        lines.append(line + (said[0] if index == 0 else []))
    return lines + below


def _byte_rows(field: Field) -> list[str]:
    if not field.data:
        return [" ".join(["??"] * min(field.size, _A_ROW))]
    return [field.data[at : at + _A_ROW].hex(" ") for at in range(0, field.size, _A_ROW)]


# A descriptor table


class Slot(NamedTuple):
    """One number of a descriptor table: what it names and in which state. `mark` is a glyph for
    what the call has to do with it, as MARKS explains it."""

    number: str
    names: str
    state: str = ""
    mark: str = ""
    style: str = ""


USED, MADE, GONE = "▸", "+", "×"
MARKS = {USED: _("this call's"), MADE: _("new"), GONE: _("closed by this call")}


def slots_of(table: SocketTable, call: Call | None, program: str) -> list[Slot]:
    """The table of `program` just after `call` (None: as it is), from 0 to the next free number.

    `table` is from just before the call, and changes.
    """
    before = _descriptors(table, program)
    if call is not None:
        table.apply(call)
    after = _descriptors(table, program)
    slots = [
        Slot(str(fd), _("{name}: the terminal", name=name), style="dim")
        for fd, name in enumerate(_STANDARD)
    ]
    free = next(fd for fd in count(len(_STANDARD)) if fd not in after)
    for fd in range(len(_STANDARD), max([free, *after, *before]) + 1):
        row = table.sockets.get(after[fd]) if fd in after else None
        if row is not None:
            mark = MADE if fd not in before else USED if call and call.fd == fd else ""
            slots.append(_held(row, fd, mark if call is not None else ""))
        else:
            slots.append(_free(fd, gone=fd in before, following=fd == free))
    return slots


def _descriptors(table: SocketTable, program: str) -> dict[int, int]:
    row = table.programs.get(program)
    return {} if row is None else dict(row.descriptors)


def _held(row: SocketRow, fd: int, mark: str) -> Slot:
    names = "TCP" if row.kind == "tcp" else "UDP"
    if row.local is None and row.remote is None:
        names += _(", no address yet")
    elif row.local is not None:
        names += f" {address_text(row.local)}"
    if row.remote is not None:
        names += f" ⇄ {address_text(row.remote)}"
    return Slot(str(fd), names, row.state or "", mark, {USED: "accent", MADE: "good"}.get(mark, ""))


def _free(fd: int, *, gone: bool, following: bool) -> Slot:
    names = _("free: the next one gets this number") if following else _("free")
    return Slot(str(fd), names, "", GONE if gone else "", "warning" if gone else "dim")


def draw_slots(slots: Sequence[Slot], width: int) -> Lines:
    """The table in a box, its columns as wide as the width allows, and what its marks mean."""
    slots = _abridged(slots)
    number = max(width_of(slot.number) for slot in slots)
    state = max(width_of(slot.state) for slot in slots)
    wanted = max(width_of(slot.names) for slot in slots)
    names = max(8, min(wanted, width - number - state - _FRAME))
    rule = ["─" * (column + 2) for column in (number + 2, names, state)]
    lines: Lines = [[(f" ┌{'┬'.join(rule)}┐", "dim")]]
    for slot in slots:
        cells = (
            f"{slot.mark or ' '} {slot.number.rjust(number)}",
            pad(slot.names, names),
            pad(slot.state, state),
        )
        line: list[Part] = [(" ", "")]
        for cell in cells:
            line += [("│ ", "dim"), (f"{cell} ", slot.style)]
        lines.append([*line, ("│", "dim")])
    lines.append([(f" └{'┴'.join(rule)}┘", "dim")])
    if used := [mark for mark in MARKS if any(slot.mark == mark for slot in slots)]:
        legend = "   ".join(f"{mark} {MARKS[mark]}" for mark in used)
        lines.append([(f"   {legend}", "dim")])
    return lines


def _abridged(slots: Sequence[Slot]) -> Sequence[Slot]:
    """No more rows than can be looked at: the first, those that the call is about, the last."""
    if len(slots) <= MOST_DESCRIPTORS:
        return slots
    head, tail = slots[: MOST_DESCRIPTORS // 2], slots[-MOST_DESCRIPTORS // 4 :]
    between = slots[len(head) : len(slots) - len(tail)]
    marked = [slot for slot in between if slot.mark][: MOST_DESCRIPTORS // 4]
    more = Slot("…", _("{n} more", n=len(between) - len(marked)), style="dim")
    return [*head, *marked, more, *tail]
