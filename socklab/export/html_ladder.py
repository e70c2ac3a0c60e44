"""The ladder as a part of the page: the rows of the text ladder, in colour."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from socklab.export.html_log import Shown, left_out
from socklab.export.ladder import WIDTH, cast_of, rows_of
from socklab.export.markup import Markup, joined, tag
from socklab.export.record import Record
from socklab.i18n import _
from socklab.model.cells import width_of
from socklab.model.ladder import Row
from socklab.model.ladder_layout import Grid, Piece, grid, head_line, legend, most_lanes, row_line


def ladder_section(record: Record, most: int, shown: Shown) -> Markup:
    """The first `most` rows and as many of the last; each leads to its event in the log."""
    cast = cast_of(record)
    if not cast.rows:
        return tag("p", _("No program has made a call."))
    where = grid(cast.lanes(most_lanes(WIDTH)), WIDTH, width_of, cast.base, long=True)
    rows = rows_of(record, where.lanes)
    first = [row for row, _number in zip(rows, range(most), strict=False)]
    last = deque(rows, maxlen=most)
    lines = [_line(head_line(where)), *(_row(row, where, shown) for row in first)]
    between = cast.rows - len(first) - len(last)
    if between > 0:
        said = left_out(between, _("--to ladder has them all"))
        lines.append(tag("span", said, class_="row left-out"))
    lines += [_row(row, where, shown) for row in last]
    drawing = tag("pre", joined(lines, "\n"))
    signs = tag("p", tag("code", _spans(legend(WIDTH, cast.wire))))
    return joined([signs, tag("div", drawing, class_="scroll")])


def _row(row: Row, where: Grid, shown: Shown) -> Markup:
    n = row.event.n
    line = _spans(row_line(row, where))
    if shown.has(n):
        return tag("a", line, class_="row", id=f"l{n}", href=f"#e{n}")
    return tag("span", line, class_="row", id=f"l{n}")


def _line(pieces: Iterable[Piece]) -> Markup:
    return tag("span", _spans(pieces), class_="row strong")


def _spans(pieces: Iterable[Piece]) -> Markup:
    return joined(tag("span", text, class_=style) if style else text for text, style in pieces)
