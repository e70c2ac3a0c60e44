"""The state diagram as cells: RFC 9293's figure with the ways that two sockets have walked on it.

What the lines say comes from the state machine's table, which way was walked from the walks. The
end that opened the connection has heavy lines and ●, the other one double lines and ◆; where both
went the same way the two alternate. A line that nobody walked is dotted, a step that nobody saw but
that must have happened is broken and has a hollow sign (○, ◇). So all of it reads without colours.
Whoever draws the cells chooses what the inks look like.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import groupby, pairwise
from typing import NamedTuple

from socklab.i18n import _
from socklab.model.state_forms import Box, Direction, Form, Line, Point, Slot
from socklab.model.tcp_machine import CLOSE, moves
from socklab.model.walks import Walk


class Ink(StrEnum):
    """What a cell is about. The first five are the panes' style names."""

    PLAIN = ""
    FAINT = "dim"
    OPENER = "accent"
    OTHER = "second"
    BOTH = "strong"
    OPENER_HERE = "accent-here"
    OTHER_HERE = "second-here"
    BOTH_HERE = "strong-here"


Run = tuple[str, Ink]
"""Cells in one row that share their ink."""

SIGNS = (("●", "○"), ("◆", "◇"))
"""The sign of the opener and of the other end: of what was seen, of what was inferred."""

GONE = "✗"
"""Marks the state from which an end went to CLOSE by a way that is not drawn: RST, time out."""

_INKS = (Ink.OPENER, Ink.OTHER)
_HERE = (Ink.OPENER_HERE, Ink.OTHER_HERE)

_NOBODY, _OPENER, _OTHER = 0, 1, 2
_STRAIGHT = {"up": ("┊", "┃", "║"), "left": ("┄", "━", "═")}
_STRAIGHT |= {"down": _STRAIGHT["up"], "right": _STRAIGHT["left"]}
_UP_RIGHT = ("╰", "┗", "╚")
_UP_LEFT = ("╯", "┛", "╝")
_DOWN_RIGHT = ("╭", "┏", "╔")
_DOWN_LEFT = ("╮", "┓", "╗")
_CORNERS: dict[tuple[Direction, Direction], tuple[str, str, str]] = {
    ("down", "right"): _UP_RIGHT,
    ("left", "up"): _UP_RIGHT,
    ("down", "left"): _UP_LEFT,
    ("right", "up"): _UP_LEFT,
    ("up", "right"): _DOWN_RIGHT,
    ("left", "down"): _DOWN_RIGHT,
    ("up", "left"): _DOWN_LEFT,
    ("right", "down"): _DOWN_LEFT,
}
_ARROWS: dict[Direction, tuple[str, str]] = {
    "up": ("△", "▲"),
    "down": ("▽", "▼"),
    "left": ("◁", "◀"),
    "right": ("▷", "▶"),
}
_TOPS, _SIDES, _BOTTOMS = ("┌─┐", "┏━┓", "╔═╗"), ("│", "┃", "║"), ("└─┘", "┗━┛", "╚═╝")
_EDGES = ("┊", "┃", "║")


class _Trace(NamedTuple):
    """One end's way through a form: the numbers of its steps and whether any of them was seen, by
    line; the boxes it was in; those it left by no line; the one it is in now."""

    numbers: dict[Line, list[int]]
    seen: set[Line]
    boxes: set[Box]
    gone: set[Box]
    here: Box | None
    here_seen: bool


class _Cell(NamedTuple):
    text: str
    ink: Ink


_BLANK = _Cell(" ", Ink.PLAIN)


def draw(form: Form, opener: Walk | None, other: Walk | None = None) -> list[list[Run]]:
    """The rows of the diagram, each `form.width` cells wide, as runs of one ink."""
    sheet = [[_BLANK] * form.width for _row in range(form.height)]
    traces = tuple(_trace(form, walk) for walk in (opener, other))
    for line in sorted(form.lines, key=lambda line: bool(_walkers(line, traces))):
        _draw_line(sheet, line, traces)
    for line in form.lines:
        for slot in line.slots:
            _write(sheet, slot, line, traces)
    for box in form.boxes:
        _draw_box(sheet, box, form.box_height, traces)
    return [_runs(row) for row in sheet]


def text(rows: Sequence[Sequence[Run]]) -> str:
    """A drawing as plain text."""
    return "\n".join("".join(run for run, _ink in row).rstrip() for row in rows)


def _runs(row: Sequence[_Cell]) -> list[Run]:
    groups = groupby(row, key=lambda cell: cell.ink)
    return [("".join(cell.text for cell in cells), ink) for ink, cells in groups]


# Walks


def _trace(form: Form, walk: Walk | None) -> _Trace:
    trace = _Trace({}, set(), set(), set(), None, True)
    if walk is None:
        return trace
    lines: dict[tuple[str, str], Line] = {(line.old, line.new): line for line in form.lines}
    begin, end = (_box(form, CLOSE, end=end) for end in (False, True))
    here = begin
    for step in walk:
        line = lines.get((step.old, step.new))
        old = _box(form, step.old)
        if step.new != CLOSE:
            here = _box(form, step.new)
        else:
            here = begin if line is not None and not _ends(line) else end
        trace.boxes.update((old, here))
        if line is not None:
            trace.numbers.setdefault(line, []).append(step.number)
            if not step.inferred:
                trace.seen.add(line)
        elif here is end:
            trace.gone.add(old)
    last = walk.last
    return trace._replace(here=here, here_seen=last is None or not last.inferred)


def _box(form: Form, state: str, *, end: bool = False) -> Box:
    return next(box for box in form.boxes if box.state == state and box.end == end)


def _ends(line: Line) -> bool:
    """Whether it leads to the CLOSE at the bottom."""
    return line.arrives != "up"


def _walkers(line: Line, traces: Sequence[_Trace]) -> list[int]:
    return [end for end, trace in enumerate(traces) if line in trace.numbers]


# Lines


def _draw_line(sheet: list[list[_Cell]], line: Line, traces: Sequence[_Trace]) -> None:
    walkers = _walkers(line, traces)
    *cells, ((x, y), _comes, arrives) = _way(line)
    for place, ((at, row), comes, goes) in enumerate(cells):
        end = walkers[place % len(walkers)] if walkers else -1
        seen = end < 0 or line in traces[end].seen
        gap = not seen and place % 2 == 1 and comes == goes and comes in ("left", "right")
        glyph = " " if gap else _glyphs(comes, goes)[end + 1]
        sheet[row][at] = _Cell(glyph, Ink.FAINT if end < 0 else _INKS[end])
    ink = Ink.BOTH if len(walkers) > 1 else _INKS[walkers[0]] if walkers else Ink.FAINT
    sheet[y][x] = _Cell(_ARROWS[arrives][bool(walkers)], ink)


def _glyphs(comes: Direction, goes: Direction) -> tuple[str, str, str]:
    return _STRAIGHT[comes] if comes == goes else _CORNERS[comes, goes]


def _way(line: Line) -> Iterator[tuple[Point, Direction, Direction]]:
    """Each cell of a line, in which direction it is entered, and in which it is left."""
    points = [line.corners[0]]
    for start, stop in pairwise(line.corners):
        points.extend(_between(start, stop))
    comes = line.leaves
    for here, there in pairwise(points):
        goes = _direction(here, there)
        yield here, comes, goes
        comes = goes
    yield points[-1], comes, line.arrives


def _between(start: Point, stop: Point) -> Iterator[Point]:
    """The cells after `start` up to `stop`, which lies in the same row or column."""
    (x, y), (to_x, to_y) = start, stop
    while (x, y) != stop:
        x += (to_x > x) - (to_x < x)
        y += (to_y > y) - (to_y < y)
        yield x, y


def _direction(here: Point, there: Point) -> Direction:
    if here[0] == there[0]:
        return "down" if there[1] > here[1] else "up"
    return "right" if there[0] > here[0] else "left"


# Words


def _write(sheet: list[list[_Cell]], slot: Slot, line: Line, traces: Sequence[_Trace]) -> None:
    walked = bool(_walkers(line, traces))
    # A word on a line keeps off it at both ends; a number is part of it.
    apart = not walked and sheet[slot.y][slot.x] is not _BLANK and slot.says in ("any", "all")
    runs = _words(slot, line, traces, slot.width - 2 * apart)
    if apart and runs:
        runs = [(" ", Ink.PLAIN), *runs, (" ", Ink.PLAIN)]
    spare = slot.width - sum(len(run) for run, _ink in runs)
    x = slot.x + {"left": 0, "centre": spare // 2, "right": spare}[slot.align]
    for run, ink in runs:
        for char in run:
            sheet[slot.y][x] = _Cell(char, ink)
            x += 1


def _words(slot: Slot, line: Line, traces: Sequence[_Trace], room: int) -> list[Run]:
    walked = bool(_walkers(line, traces))
    ink = Ink.PLAIN if walked else Ink.FAINT
    event, sent = events(line.old, line.new), sends(line.old, line.new)
    if slot.says in ("event", "sends"):
        return _said(event if slot.says == "event" else [sent], room, ink)
    numbers = _numbers(line, traces, room) if walked else []
    if slot.says == "numbers" or (slot.says == "any" and walked):
        return numbers
    if slot.says == "all" and sent:
        event = [*(f"{words} · {sent}" for words in event[:1]), *event]
    if not walked:
        return _said(event, room, ink)
    room -= sum(len(run) for run, _ink in numbers) + 2
    return [*numbers, *((f" {words} ", ink) for words, ink in _said(event, room, ink))]


def _said(choice: Sequence[str], room: int, ink: Ink) -> list[Run]:
    """The first of `choice` for which there is room."""
    return next(([(words, ink)] for words in choice if words and len(words) <= room), [])


def _numbers(line: Line, traces: Sequence[_Trace], width: int) -> list[Run]:
    """The steps that went this way: `●2◆3`. Of many only the last, where there is no room."""
    for most in (3, 2, 1):
        runs = [
            (f"{SIGNS[end][line not in trace.seen]}{_last(trace.numbers[line], most)}", _INKS[end])
            for end, trace in enumerate(traces)
            if line in trace.numbers
        ]
        if sum(len(run) for run, _ink in runs) <= width:
            return runs
    return [(run[:1], ink) for run, ink in runs][:width]


def _last(numbers: Sequence[int], most: int) -> str:
    shown = ",".join(str(number) for number in numbers[-most:])
    return shown if len(numbers) <= most else f"…{shown}"


def events(old: str, new: str) -> list[str]:
    """What leads from one state to the other, in the figure's words; shorter each time."""
    rows = moves(old, new)
    if not rows:
        return []
    first = rows[0].event
    if first.startswith("receive "):
        segment = first.removeprefix("receive ").partition(" (")[0]
        return [f"rcv {segment}", segment]
    calls = ", ".join(row.event for row in rows if row.event in _CALLS)
    choice = [calls, first] if first in _CALLS else [first]
    if all(row.only == "RFC 9293" for row in rows):
        choice = [_("{call}: not on Linux", call=calls), _("not on Linux")]
    return choice


_CALLS = ("connect", "listen", "send", "shutdown", "close")


def sends(old: str, new: str) -> str:
    """What goes out with the move, in the figure's words; "" for nothing."""
    rows = moves(old, new)
    return f"snd {rows[0].sends}" if rows and rows[0].sends else ""


# Boxes


def _draw_box(sheet: list[list[_Cell]], box: Box, height: int, traces: Sequence[_Trace]) -> None:
    been = [end for end, trace in enumerate(traces) if box in trace.boxes or box == trace.here]
    here = [end for end, trace in enumerate(traces) if box == trace.here]
    inks = {0: Ink.FAINT, 1: _INKS[been[0]] if been else Ink.FAINT, 2: Ink.BOTH}
    ink = inks[len(been)]
    if here:
        ink = _HERE[here[0]] if len(here) == 1 else Ink.BOTH_HERE
    marks = [_mark(box, end, traces[end]) for end in (0, 1)]
    if height == 1:
        _draw_row(sheet, box, box.y, been, marks, ink)
        return
    _draw_frame(sheet, box, been)
    inner = Box(box.state, box.x + 1, box.y + 1, box.width - 2)
    for x, cell in enumerate(_name(inner, marks, ink), start=inner.x):
        sheet[inner.y][x] = cell


def _mark(box: Box, end: int, trace: _Trace) -> str:
    if box == trace.here:
        return SIGNS[end][not trace.here_seen]
    return GONE if box in trace.gone else ""


def _name(box: Box, marks: Sequence[str], ink: Ink) -> list[_Cell]:
    spare = box.width - 2 - len(box.state)
    name = " " * (spare // 2) + box.state + " " * (spare - spare // 2)
    return [_Cell(char, ink) for char in f"{marks[0] or ' '}{name}{marks[1] or ' '}"]


def _draw_row(
    sheet: list[list[_Cell]], box: Box, y: int, been: Sequence[int], marks: Sequence[str], ink: Ink
) -> None:
    """A box of one row: its ends are edges, or the marks of who is there."""
    cells = _name(box, marks, ink)
    looks = _looks(been)
    for place, at in ((0, 0), (1, -1)):
        if not marks[place] and ink not in (*_HERE, Ink.BOTH_HERE):
            cells[at] = _Cell(_EDGES[looks[place]], _edge_ink(looks[place]))
    sheet[y][box.x : box.x + box.width] = cells


def _looks(been: Sequence[int]) -> tuple[int, int]:
    """How the left and the right half of a box look: each end has its own where both were."""
    if len(been) == 2:
        return _OPENER, _OTHER
    look = been[0] + 1 if been else _NOBODY
    return look, look


def _edge_ink(look: int) -> Ink:
    return Ink.FAINT if look == _NOBODY else _INKS[look - 1]


def _draw_frame(sheet: list[list[_Cell]], box: Box, been: Sequence[int]) -> None:
    left, right = _looks(been)
    half = (box.width + 1) // 2
    for place in range(box.width):
        look = left if place < half else right
        edge = 0 if place == 0 else 2 if place == box.width - 1 else 1
        for y, glyphs in ((box.y, _TOPS[look]), (box.y + 2, _BOTTOMS[look])):
            sheet[y][box.x + place] = _Cell(glyphs[edge], _edge_ink(look))
    sheet[box.y + 1][box.x] = _Cell(_SIDES[left], _edge_ink(left))
    sheet[box.y + 1][box.x + box.width - 1] = _Cell(_SIDES[right], _edge_ink(right))
