"""A ladder's rows as lines of cells, for a screen or a file of any width.

Two lanes have their calls on the outside, left and right of both lifelines, and the arrows between
them. More lanes have their calls beside their own lifelines, an arrow behind its call. A lane's
side shows without colours as well: single, double or dotted lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from socklab.events import State, Wait
from socklab.i18n import _
from socklab.model.cells import width_of
from socklab.model.escaping import plain
from socklab.model.ladder_lanes import Head, Lanes, Side
from socklab.model.ladder_rows import Arrow, Flight, Row
from socklab.model.ladder_shafts import LEAST, SEEN_SHAFT, wire_shaft
from socklab.model.ladder_text import INFERRED, SEEN, Measure, cut, row_level, row_text

Piece = tuple[str, str]
"""A piece of a line, and the name of its style ("" for the plain one)."""

STYLES: dict[Side, str] = {"left": "accent", "right": "second", "rest": "dim"}
_LIFELINES: dict[Side, str] = {"left": "│", "right": "║", "rest": "┊"}
_TEES: dict[Side, tuple[str, str]] = {"left": ("├", "┤"), "right": ("╟", "╢"), "rest": ("┊", "┊")}
_GUESSED = "┄"
_BAR = "█"
_HEADS = ("◀", "▶")
_OPEN_HEADS = ("◁", "▷")
_LEVELS = {"error": "error", "warning": "warning", "info": ""}

_TIMED_FROM = 100
_TIME = 13
_SIDE = 0.38
_LANE = 24
"""Cells from one lifeline to the next that still show what a call is."""
_FRAME = 6
"""Cells of an arrow besides its label: its tee, two dashes, two blanks and the head."""
_COMFORT = 18


@dataclass(frozen=True, slots=True)
class Grid:
    """Where things stand in a line of `width` cells: the lifelines at `xs`, the time in the first
    `time` cells. `base` (ns since the epoch) is the time that is shown as 0. `long`: the numbers
    of frames are told in full."""

    lanes: Lanes
    width: int
    measure: Measure
    base: int
    time: int
    xs: tuple[int, ...]
    long: bool = False

    @property
    def outside(self) -> bool:
        """Whether the calls stand outside of the lifelines."""
        return len(self.xs) == 2

    def mirrored(self, lane: int) -> bool:
        """Whether the lane's texts end at the right."""
        return lane > 0 and 2 * self.xs[lane] > self.width + self.time

    def anchor(self, lane: int) -> int:
        """The cell at which the lane's texts begin; end, where they are mirrored."""
        if self.outside:
            return self.width - 2 if lane else self.time + 1
        return self.xs[lane] - 2 if self.mirrored(lane) else self.xs[lane] + 2


def grid(lanes: Lanes, width: int, measure: Measure, base: int = 0, long: bool = False) -> Grid:
    """The places for these lanes."""
    time = _time_cells(width)
    count, body = len(lanes.heads), width - time
    if count == 2:
        side = int(body * _SIDE)
        xs: tuple[int, ...] = (time + side, max(time + side + 1, width - 1 - side))
    elif count > 2:
        step = (body - 3) / (count - 1)
        xs = tuple(time + 1 + round(step * lane) for lane in range(count))
    else:
        xs = (time + 1,) * count
    return Grid(lanes, width, measure, base, time, xs, long)


def most_lanes(width: int) -> int:
    """How many lanes have room in a line of `width` cells; at least two."""
    return max(2, (width - _time_cells(width) - 3) // _LANE + 1)


def _time_cells(width: int) -> int:
    return _TIME if width >= _TIMED_FROM else 0


def head_line(where: Grid) -> list[Piece]:
    """The names of the lanes, above their lifelines."""
    line = _Line(where)
    heads = where.lanes.heads
    for lane, head in enumerate(heads):
        mirrored = where.mirrored(lane)
        edge = where.anchor(lane) if where.outside else where.xs[lane]
        room = (where.width - where.time) // 2 - 2 if where.outside else _room_of_head(where, lane)
        for text, style in _head_texts(head, room, where.measure):
            size = where.measure(text)
            start = edge - size + 1 if mirrored else edge
            line.put(start, text, style)
            edge += -size if mirrored else size
    return line.pieces()


def _room_of_head(where: Grid, lane: int) -> int:
    """Up to the next name: where two lanes' names grow towards each other they share the room."""
    mirrored = where.mirrored(lane)
    beside = lane - 1 if mirrored else lane + 1
    if not 0 <= beside < len(where.xs):
        return where.width - where.xs[lane] - 1
    room = abs(where.xs[beside] - where.xs[lane]) - 1
    return room if where.mirrored(beside) == mirrored else room // 2


def _head_texts(head: Head, room: int, measure: Measure) -> list[Piece]:
    name = cut(plain(head.name), max(room, 3), measure)
    pieces = [(name, STYLES[head.side])]
    detail = plain(head.detail)
    if detail and measure(name) + 2 + measure(detail) <= room:
        pieces += [("  ", ""), (detail, "dim")]
    return pieces


def lifelines(where: Grid) -> list[Piece]:
    """A line on which nothing happens."""
    return _Line(where, lifelines=True).pieces()


def legend(room: int, wire: bool = False) -> list[Piece]:
    """What the signs mean; in more than 100 cells, what the numbers mean as well. `wire`: some of
    it was seen there."""
    seen = (2 * SEEN_SHAFT, "strong", _("seen on the wire"))
    guessed = (_GUESSED, "strong", _("inferred from the calls"))
    signs = [
        (SEEN, "strong", _("state seen")),
        (INFERRED, "strong", _("inferred")),
        (_BAR, "warning", _("blocked")),
    ]
    if room >= _TIMED_FROM:
        signs.append(("#2 5–7", "strong", _("second send, bytes 5 to 7")))
    signs.insert(0, seen if wire else guessed)
    if wire and _size([guessed, *signs]) <= room:
        signs.insert(1, guessed)
    pieces: list[Piece] = []
    for sign, style, said in signs:
        pieces += [("  ", "")] if pieces else []
        pieces += [(f"{sign} ", style), (said, "dim")]
    return pieces


def _size(signs: Sequence[tuple[str, str, str]]) -> int:
    return sum(width_of(sign) + width_of(said) + 3 for sign, _style, said in signs)


def time_text(t: int, base: int) -> str:
    """Seconds since `base` (both ns): `+0.000 123`, after hours `+86400.123`."""
    sign, ns = ("+", t - base) if t >= base else ("-", base - t)
    seconds, micro = divmod(ns // 1000, 1_000_000)
    milli, micro = divmod(micro, 1000)
    forms = (f"{seconds}.{milli:03} {micro:03}", f"{seconds}.{milli:03}", f"{seconds}", "…")
    return sign + next(form for form in forms if len(form) < _TIME - 1)


def row_line(row: Row, where: Grid) -> list[Piece]:
    """One row, as wide as the grid."""
    line = _Line(where, lifelines=True)
    for lane in row.bars:
        line.lifeline(lane, _BAR, "warning")
    if where.time and row.t is not None:
        line.put(0, time_text(row.t, where.base).rjust(where.time - 1), "dim")
    _Placing(row, where, line).place()
    return line.pieces()


class _Line:
    """A line of cells: lifelines, and texts put over them."""

    def __init__(self, where: Grid, lifelines: bool = False) -> None:
        self._where = where
        self._texts: list[tuple[int, str, str]] = []
        self._lifelines: dict[int, Piece] = {}
        if lifelines:
            for lane, x in enumerate(where.xs):
                side = where.lanes.style(lane)
                self._lifelines[x] = (_LIFELINES[side], STYLES[side])

    def lifeline(self, lane: int, glyph: str, style: str) -> None:
        """Draw this cell of a lifeline otherwise."""
        self._lifelines[self._where.xs[lane]] = (glyph, style)

    def put(self, x: int, text: str, style: str, margin: int = 0) -> None:
        """Put `text` at cell `x`. Texts must not lie over each other. Lifelines behind it, and in
        so many cells beside it, aren't drawn."""
        if text:
            self._texts.append((max(0, x), text, style))
            for beside in range(x - margin, x + self._where.measure(text) + margin):
                self._lifelines.pop(beside, None)

    def pieces(self) -> list[Piece]:
        """The whole line."""
        marks = [(x, *piece) for x, piece in self._lifelines.items()]
        pieces: list[Piece] = []
        at = 0
        for x, text, style in sorted([*self._texts, *marks], key=lambda mark: mark[0]):
            if x > at:
                pieces.append((" " * (x - at), ""))
            pieces.append((text, style))
            at = x + self._where.measure(text)
        return pieces


class _Placing:
    """Where the parts of one row go.

    Cells are counted in the direction in which the lane's texts grow, so that the mirrored lane
    needs no code of its own: `_real` turns them into those of the line.
    """

    def __init__(self, row: Row, where: Grid, line: _Line) -> None:
        self._row, self._where, self._line = row, where, line
        self._sign = -1 if where.mirrored(row.lane) else 1
        self._own = self._sign * where.xs[row.lane]
        self._begin = self._sign * where.anchor(row.lane)
        self._edge = -(where.time + 1) if self._sign < 0 else where.width - 2
        self._far = self._edge + 1
        arrow = row.arrow
        if arrow is not None:
            other = arrow.target if arrow.source == row.lane else arrow.source
            self._far = self._sign * where.xs[other]
        elif where.outside:
            self._far = self._sign * where.xs[1 - row.lane]

    def place(self) -> None:
        """Put the text, then the arrow or the note."""
        row = self._row
        if row.arrow is not None and row.arrow.flight is not None:
            self._place_frame(row.arrow, row.arrow.flight)
            return
        labels = row.arrow.labels if row.arrow is not None else row.notes
        label, text = self._choose(labels)
        end = self._begin + self._where.measure(text)
        self._put(self._begin, text, self._style())
        if row.arrow is not None:
            self._arrow(label, end)
        elif label:
            self._put(self._after(end), label, "dim")

    def _place_frame(self, arrow: Arrow, flight: Flight) -> None:
        """The arrow of what was seen on the wire, and beside it what there is to say of it."""
        where, row, measure = self._where, self._row, self._where.measure
        rightwards = where.xs[arrow.target] > where.xs[arrow.source]
        style = STYLES[self._side(arrow.source)]
        away = self._far < self._begin  # the arrow goes the other way than the text
        if where.outside:
            room = abs(self._own - self._begin) - 1
        else:
            room = (self._edge if away else self._far - LEAST - 2) - self._begin + 1
        text = row_text(row, max(room, 4), measure, where.lanes.single, where.long)
        if where.long:  # the text has the numbers
            arrow = arrow._replace(labels=arrow.labels[-2:])
        near = self._own
        if text and not away and not where.outside:
            near = self._begin + measure(text)
        start, stop = sorted((self._sign * near, self._sign * self._far))
        shaft = wire_shaft(arrow, stop - start - 1, rightwards, style, measure)
        if flight.arrives and not shaft.labelled:
            label = arrow.labels[-1]
            told = row._replace(remarks=tuple(f"{label} {said}" for said in row.remarks))
            text = row_text(told, room, measure, where.lanes.single, where.long) or text
        self._put(self._begin, text, "warning" if row.remarks and not flight.arrives else "dim")
        for x, piece, its in shaft.pieces:
            self._line.put(start + 1 + x, piece, its)
        if not flight.arrives and arrow.source not in row.bars and near == self._own:
            tee = _TEES[self._side(arrow.source)][not rightwards]
            self._line.lifeline(arrow.source, tee, style)

    def _after(self, end: int) -> int:
        """The first cell that a note may take, behind a text that ends before `end`."""
        return max(end, self._own) + 2 if self._where.outside else end + 2

    def _choose(self, labels: Sequence[str]) -> tuple[str, str]:
        """The longest label that leaves comfortable room for the text, and the text."""
        measure, single = self._where.measure, self._where.lanes.single
        whole = measure(row_text(self._row, 1000, measure, single))
        comfort = abs(self._own - self._begin) - 1 if self._where.outside else _COMFORT
        label, room = "", self._room(None)
        for label in labels:
            room = self._room(label)
            if room >= min(whole, comfort):
                break
        if labels and not room:
            room = self._own - self._begin - 1
        return label, row_text(self._row, max(room, 4), measure, single)

    def _room(self, label: str | None) -> int:
        """The cells that the text may take beside a label."""
        if label is None:
            return self._edge - self._begin + 1
        size = self._where.measure(label)
        if self._row.arrow is None:
            limit = self._far if self._where.outside else self._edge + 1
            return limit - size - 3 - self._begin
        if self._far < self._begin:  # the arrow goes the other way
            return self._edge - self._begin + 1
        if size + _FRAME > self._far - self._own:
            return 0
        return self._far - size - _FRAME - self._begin

    def _style(self) -> str:
        event = self._row.event
        if isinstance(event, State):
            return "dim" if event.source == "call" else STYLES[self._side(self._row.lane)]
        if isinstance(event, Wait):
            return "warning"
        return _LEVELS[row_level(self._row)]

    def _side(self, lane: int) -> Side:
        return self._where.lanes.style(lane)

    def _put(self, cell: int, text: str, style: str) -> None:
        size = self._where.measure(text)
        x = cell if self._sign > 0 else -cell - size + 1
        self._line.put(x, text, style, margin=1)

    def _arrow(self, label: str, end: int) -> None:
        """From the lane's own lifeline, or from behind the text that covers it, to the far one."""
        arrow, where = self._row.arrow, self._where
        assert arrow is not None
        near = self._own
        if self._far > self._begin and end >= self._own:
            near = end  # the blank behind the text
        ends = sorted((self._sign * near, self._sign * self._far))
        start, stop = ends[0] + 1, ends[1]
        rightwards = where.xs[arrow.target] > where.xs[arrow.source]
        style = STYLES[self._side(arrow.source)]
        self._line.put(start, _shaft(label, stop - start, arrow.datagram, rightwards, where), style)
        hidden = where.outside and near != self._own and arrow.source == self._row.lane
        if arrow.source not in self._row.bars and not hidden:
            tee = _TEES[self._side(arrow.source)][not rightwards]
            self._line.lifeline(arrow.source, tee, style)


def _shaft(label: str, cells: int, datagram: bool, rightwards: bool, where: Grid) -> str:
    """An arrow of so many cells, without its tee."""
    if cells < 1:
        return ""
    head = (_OPEN_HEADS if datagram else _HEADS)[rightwards]
    named = f" {cut(label, cells - 4, where.measure)} " if label and cells > 4 else ""
    dashes = cells - 1 - where.measure(named)
    before, after = _GUESSED * (dashes // 2), _GUESSED * (dashes - dashes // 2)
    return f"{before}{named}{after}{head}" if rightwards else f"{head}{after}{named}{before}"
