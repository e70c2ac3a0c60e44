"""Small plots of a quantity over time, of block characters, eight steps to a cell.

Pure: what it was in each stretch of time in, rows of text out. The scale begins at 0, so that half
as high is half as much, and ends at the greatest value, which stands at the top. Of a stretch the
greatest value is drawn, so that no peak is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from socklab.i18n import _
from socklab.model.series import Span
from socklab.ui.panes.cells import Part, cut, pad, width_of

_BLOCKS = " ▁▂▃▄▅▆▇█"
_EIGHTHS = 8

GUTTER = 9
"""Cells that the scale takes on the left, with the line behind it."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a plot shows: its title, how its values are written, and the style of its line.

    `spans` are one for each cell of the plot; `now` is its value at the end, None for not known.
    """

    title: str
    spans: Sequence[Span | None]
    now: int | None
    text: Callable[[int], str]
    style: str


def spans_for(width: int) -> int:
    """How many stretches of time a plot of this width (cells) shows."""
    return max(1, width - GUTTER)


def plot(quantity: Quantity, width: int, rows: int) -> list[list[Part]]:
    """The title's row and `rows` more, each of exactly `width` cells."""
    highest = max((span.high for span in quantity.spans if span is not None), default=0)
    lines = bars(quantity.spans, rows, max(1, highest))
    drawn = [_title(quantity, width)]
    for row, line in enumerate(lines):
        label, tick = "", "│"
        if row == 0:
            label, tick = (quantity.text(highest), "┤") if highest else ("", "│")
        if row == rows - 1:
            label, tick = ("0", "┤") if rows > 1 else (label, tick)
        drawn.append(
            [
                (_scale(label).rjust(GUTTER - 2) + " " + tick, "dim"),
                (pad(line, width - GUTTER), quantity.style),
            ]
        )
    return drawn


def _scale(label: str) -> str:
    """A value beside its line: without the blank before its unit rather than cut."""
    return cut(label if width_of(label) <= GUTTER - 2 else label.replace(" ", ""), GUTTER - 2)


def _title(quantity: Quantity, width: int) -> list[Part]:
    now = "—" if quantity.now is None else quantity.text(quantity.now)
    known = [span.low for span in quantity.spans if span is not None]
    least = _("min {value}", value=quantity.text(min(known))) if known else ""
    title = cut(f" {quantity.title} ", width)
    room = width - width_of(title) - width_of(now)
    if width_of(least) + 2 > room:
        least = ""
    text = pad(now, max(0, width - width_of(title) - width_of(least) - (2 if least else 0)))
    return [(title, "strong"), (text, quantity.style), (f"{least}  " if least else "", "dim")]


def bars(spans: Sequence[Span | None], rows: int, top: int) -> list[str]:
    """The height of each stretch as a column, from the highest row down, on a scale from 0 to
    `top`. 0 is the thinnest line there is, and anything more stands above it."""
    levels = [_level(span, rows * _EIGHTHS, top) for span in spans]
    return [
        "".join(_BLOCKS[max(0, min(level - row * _EIGHTHS, _EIGHTHS))] for level in levels)
        for row in range(rows - 1, -1, -1)
    ]


def _level(span: Span | None, most: int, top: int) -> int:
    if span is None:
        return 0
    height = max(0, min(span.high, top))
    return 1 + -(-height * (most - 1) // top)
