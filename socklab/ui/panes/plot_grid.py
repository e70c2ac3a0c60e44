"""The plots of the Numbers pane, side by side: how many there is room for, and their time axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual.widgets import Static

from socklab.i18n import _
from socklab.model.tcp_figures import figure
from socklab.model.units import clock_text, duration_text, size_text
from socklab.ui.panes.cells import Part, pad, width_of
from socklab.ui.panes.number_lines import STYLES, End
from socklab.ui.panes.painting import as_content
from socklab.ui.panes.plots import GUTTER, Quantity, plot, spans_for
from socklab.ui.panes.samples import QUANTITIES, RECENTLY

BOTH_FROM = 100
"""Cells from which on both ends are shown side by side."""

AXIS_FROM = 16
"""Rows from which on there is room for an axis of time, and longer texts."""

_GAP = 2
_LEAST_SPAN = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Moment:
    """What stretch of time the plots show (ns since the epoch). `live`: its end is now."""

    start: int
    end: int
    live: bool


@dataclass(frozen=True, slots=True)
class Grid:
    """How the plots of one end are laid out: so many in a row, each so many rows high."""

    across: int
    rows: int
    axis: bool

    @property
    def height(self) -> int:
        """Rows that they take altogether."""
        return -(-len(QUANTITIES) // self.across) * (self.rows + 1) + self.axis


def grid_for(width: int, height: int) -> Grid | None:
    """The grid for a pane of so many cells, which leaves as much for the table; None without
    room for any."""
    if height < 9 or width < 40:
        return None
    if height < AXIS_FROM:
        return Grid(4 if width >= 70 else 2, 3 if width >= 70 else 1, axis=False)
    return Grid(2, max(3, min(8, (height - 4) // 5)), axis=True)


class PlotGrid(Static):
    """Draws them. What they show is handed in."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    PlotGrid { height: auto; width: 1fr; text-wrap: nowrap; display: none; }
    PlotGrid.-shown { display: block; }
    """

    def __init__(self) -> None:
        super().__init__("", id="number-plots")
        self._drawn: object = None

    def draw(self, ends: Sequence[End], moment: Moment, width: int, grid: Grid | None) -> None:
        """Show the quantities of these ends, if they aren't shown so already."""
        lately = moment.end - moment.start <= RECENTLY
        revisions = [end.samples.revision for end in ends]
        if grid is None or not ends:
            self.remove_class("-shown")
            return
        each = (width - (len(ends) - 1) * _GAP) // len(ends)
        step = max(1, (moment.end - moment.start) // spans_for(each // grid.across))
        state = (ends, revisions, each, grid, moment.start // step, moment.end // step, moment.live)
        self.add_class("-shown")
        if state == self._drawn:
            return
        height_changes = self._drawn is None or self.size.height != grid.height
        self._drawn = state
        blocks = [end_plots(end, moment, each, grid, lately=lately) for end in ends]
        self.update(as_content(_beside(blocks)), layout=height_changes)


def end_plots(
    end: End, moment: Moment, width: int, grid: Grid, *, lately: bool
) -> list[list[Part]]:
    """All quantities of one end: rows of exactly `width` cells."""
    each = (width - (grid.across - 1) * _GAP) // grid.across
    texts = _texts()
    plots = []
    for name in QUANTITIES:
        series = end.samples.series(name, lately=lately)
        spans = series.spans(moment.start, moment.end, spans_for(each))
        title, text = texts[name]
        quantity = Quantity(title, spans, series.now, text, STYLES[end.place])
        plots.append(plot(quantity, each, grid.rows))
    rows: list[list[Part]] = []
    for first in range(0, len(plots), grid.across):
        rows += _beside(plots[first : first + grid.across])
    if grid.axis:
        rows += _beside([[_axis(moment, each)]] * grid.across)
    return [[*row, (" " * (width - sum(width_of(text) for text, _s in row)), "")] for row in rows]


def _texts() -> dict[str, tuple[str, Callable[[int], str]]]:
    """Title and way of writing of each quantity."""
    return {
        "snd_cwnd": (_("cwnd"), lambda number: _("{n} seg", n=f"{number:,}")),
        "rtt": (_("rtt"), lambda number: figure("rtt", number)),
        "recv_queue": (_("recv queue"), size_text),
        "send_queue": (_("send queue"), size_text),
    }


def _axis(moment: Moment, width: int) -> list[Part]:
    span = max(moment.end - moment.start, _LEAST_SPAN)
    right = _("now") if moment.live else clock_text(moment.end)[:8]
    left = _("{time} ago", time=duration_text(span)) if moment.live else "−" + duration_text(span)
    room = width - GUTTER - width_of(left) - width_of(right) - 2
    line = f"{' ' * (GUTTER - 1)}└{left} {'─' * max(0, room)} {right}"
    return [(pad(line, width), "dim")]


def _beside(blocks: Sequence[list[list[Part]]]) -> list[list[Part]]:
    """Blocks of equally many rows, side by side."""
    rows: list[list[Part]] = []
    for lines in zip(*blocks, strict=True):
        row: list[Part] = []
        for place, line in enumerate(lines):
            row += [(" " * _GAP, "")] * (place > 0) + line
        rows.append(row)
    return rows
