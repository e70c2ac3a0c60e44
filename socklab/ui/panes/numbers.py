"""The Numbers pane: how a TCP connection is doing, as the kernel's TCP_INFO tells, end by end.

A few numbers over time as small plots, and below them all fields with what they mean. It reads
samples from the journal, so a lab, a recording and a connection long closed look the same.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import HorizontalGroup
from textual.widgets import Static

from socklab.i18n import _
from socklab.journal import Readable, whole
from socklab.model.ends import connection_of, remember, row_of
from socklab.model.sockets import SocketRow, SocketTable
from socklab.ui.actions import Action, bindings
from socklab.ui.panes.background import Background
from socklab.ui.panes.end_name import EndName
from socklab.ui.panes.ends import end_text, short_end_text
from socklab.ui.panes.field_list import FieldList
from socklab.ui.panes.number_lines import End, NumberLines, explanation, why_nothing
from socklab.ui.panes.painting import as_content
from socklab.ui.panes.plot_grid import AXIS_FROM, BOTH_FROM, Moment, PlotGrid, grid_for
from socklab.ui.panes.samples import RECENTLY, Samples
from socklab.ui.panes.tail import NoLines
from socklab.ui.panes.toggle import Toggle
from socklab.ui.panes.view import ConnectionView

FRAME, FIRST_FRAME = 0.002, 0.02
"""Seconds spent on reading: in each frame, and at once for another connection."""

IDLE_FRAME = 0.01
"""Seconds spent on the past at a time, between two frames."""

_LEAST_SPAN = 1_000_000_000  # ns; a plot of less would be one sample wide

NUMBERS: tuple[Action, ...] = (
    Action(
        "other-end",
        "e",
        _("Other end"),
        _("Show the numbers of the connection's other end."),
        "other_end",
        palette=False,
    ),
    Action(
        "lately",
        "t",
        _("Last minute"),
        _("Plot the last minute only, or the whole life of the connection again."),
        "lately",
        palette=False,
    ),
    Action(
        "numbers-before",
        "left",
        _("Previous"),
        _("Show the connection before this one."),
        "other(-1)",
        palette=False,
    ),
    Action(
        "numbers-after",
        "right",
        _("Next"),
        _("Show the connection after this one."),
        "other(1)",
        palette=False,
    ),
)
"""What can be done in the Numbers pane."""


class NumbersPane(ConnectionView):
    """Shows the connection that was chosen elsewhere. `renew` is to be called each frame.

    `table` gives the sockets as they are now: who is at the other end, and what they are called.
    """

    DEFAULT_CSS = """
    NumbersPane {
        height: 1fr;
        & > HorizontalGroup { height: 1; background: $panel; padding: 0 1; display: none; }
        & > HorizontalGroup.-shown { display: block; }
        & Toggle { dock: right; margin: 0; }
        & #number-text { height: 2; padding: 0 1; background: $panel; display: none; }
        & #number-text.-shown { display: block; }
        & #number-text.-roomy { height: 3; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(NUMBERS)

    def __init__(self, journal: Readable, table: Callable[[], SocketTable]) -> None:
        super().__init__(id="numbers", classes="pane")
        self._journal = journal
        self._table = table
        self._sock: int | None = None
        self._place = 0
        self._samples: list[Samples] = []
        self._rows: dict[int, SocketRow] = {}
        self._past = Background(self, self._read_back)
        self._drawn: object = None
        self._anew = False  # another moment, of which nothing has been found yet
        self._lately = False
        self.border_title = _("Numbers")

    def compose(self) -> ComposeResult:
        """Whose numbers, the plots, the table, and what the chosen field means."""
        with HorizontalGroup():
            yield EndName(0)
            yield EndName(1)
            yield Toggle(_("last minute"), id="number-lately", tooltip=_("not the whole life (t)"))
        yield PlotGrid()
        yield FieldList(self._explain, self._why_nothing)
        yield Static("", id="number-text")

    @property
    def lines(self) -> FieldList:
        """The table."""
        return self.query_one(FieldList)

    @property
    def socks(self) -> list[int]:
        """The sockets whose numbers are shown: to be looked at ten times a second."""
        return [samples.sock for samples in self._samples]

    # What is shown

    def show_journal(self, journal: Readable) -> None:
        """Another journal has begun. Where it is another moment of the same recording, what was
        chosen stays."""
        if whole(journal) is not whole(self._journal):
            self._sock = None
            self._rows.clear()
        elif self._samples:
            self._sock = self.socks[self._place]
        self._journal = journal
        self._samples = []
        self._drawn = None
        self._anew = self._sock is not None
        if not self._anew:  # else the next frame tells: to hide it would cost two layouts
            self._draw()

    def show(self, sock: int) -> None:
        """Show the numbers of a socket, and of its peer if that is in the lab."""
        if self._sock is not None and sock in self.socks:
            self._place = self.socks.index(sock)
        elif sock != self._sock:
            self._sock = sock
            self._samples = []
            self._rows.clear()
            self._find_ends()
            self._place = self.socks.index(sock) if sock in self.socks else 0
        self._go_on(FIRST_FRAME)

    def _find_ends(self) -> None:
        """Look up who is at the ends; a peer may become known later, and none is forgotten."""
        assert self._sock is not None
        table = self._table()
        wanted = [sock for sock in connection_of(table, self._sock, self._rows) if sock is not None]
        if len(wanted) > len(self._samples):
            shown = self.socks[self._place] if self._samples else self._sock
            known = {samples.sock: samples for samples in self._samples}
            self._samples = [known.get(sock) or Samples(self._journal, sock) for sock in wanted]
            self._place = self.socks.index(shown) if shown in self.socks else 0
        for sock in self.socks:
            if (row := row_of(table, sock)) is not None:
                remember(self._rows, row)

    def action_other_end(self) -> None:
        """Show the other end."""
        self._choose(1 - self._place)

    def _choose(self, place: int) -> None:
        if place < len(self._samples):
            self._place = place
            self._draw()

    @on(EndName.Clicked)
    def _end_clicked(self, message: EndName.Clicked) -> None:
        message.stop()
        self._choose(message.place)

    def action_lately(self) -> None:
        """Plot the last minute, or everything."""
        self.query_one("#number-lately", Toggle).action_flip()

    @on(Toggle.Changed, "#number-lately")
    def _lately_changed(self, message: Toggle.Changed) -> None:
        message.stop()
        self._lately = message.toggle.value
        self._draw()

    # Each frame

    def renew(self) -> None:
        """Take in what is new, spending no more than a few milliseconds."""
        self._go_on(FRAME)

    def _go_on(self, seconds: float) -> None:
        if self._sock is None or not self.lines.is_on_screen:
            return
        self._find_ends()
        for samples in self._samples:
            samples.advance(seconds / len(self._samples))
        if self._anew:
            self._find_latest()
        self._draw()
        if any(samples.reading for samples in self._samples):
            self._past.later()

    def _find_latest(self) -> None:
        """Another moment has other numbers, and not none: show some with its first frame."""
        self._anew = False
        deadline = perf_counter() + FIRST_FRAME
        while perf_counter() < deadline:
            if any(one.latest is not None or not one.reading for one in self._samples):
                break
            for samples in self._samples:
                samples.advance(FRAME / len(self._samples))

    def _read_back(self) -> None:
        self._go_on(IDLE_FRAME)

    def on_show(self) -> None:
        """Back from a hidden tab."""
        self._go_on(FIRST_FRAME)

    def on_resize(self, _event: events.Resize) -> None:
        """Another size, another layout."""
        self._draw()

    # Drawing

    def _draw(self) -> None:
        if not self.is_mounted:
            return
        has_any = any(samples.latest is not None for samples in self._samples)
        self.query_one(HorizontalGroup).set_class(has_any, "-shown")
        text = self.query_one("#number-text")
        text.set_class(has_any, "-shown")
        text.set_class(self.size.height >= AXIS_FROM, "-roomy")
        ends = self._ends_shown() if has_any else []
        self._draw_names([end.place for end in ends])
        self._draw_plots(ends)
        self._draw_table(ends)

    def _ends_shown(self) -> list[End]:
        both = self.size.width >= BOTH_FROM
        return [
            End(place, short_end_text(self._row(samples)), samples)
            for place, samples in enumerate(self._samples)
            if both or place == self._place
        ]

    def _row(self, samples: Samples) -> SocketRow:
        """The end's socket; as far as its samples tell, where the table has forgotten it."""
        known, info = self._rows.get(samples.sock), samples.latest
        if known is not None:
            return known
        if info is not None and info.program is not None:
            return SocketRow(sock=samples.sock, program=info.program, held=info.fd)
        return SocketRow(sock=samples.sock, program=_("socket {n}", n=samples.sock))

    def _draw_names(self, shown: list[int]) -> None:
        for place in (0, 1):
            name = ""
            if place < len(self._samples):
                name = end_text(self._row(self._samples[place]))
            end = self.query_one(f"#number-end-{place}", EndName)
            end.say(name, place in shown)
            # Each over its own plots, where both are shown.
            halved = place == 0 and len(shown) > 1
            end.styles.width = self.size.width // 2 - 2 if halved else "auto"

    def _draw_plots(self, ends: list[End]) -> None:
        width = self.size.width
        grid = grid_for(width // max(1, len(ends)), self.size.height)
        self.query_one(PlotGrid).draw(ends, self._moment(), width, grid)

    def _moment(self) -> Moment:
        """From the first sample to now, or to the last one where no more can come."""
        firsts = [samples.first for samples in self._samples if samples.first is not None]
        lasts = [samples.last for samples in self._samples if samples.last is not None]
        live = any(self._is_open(samples.sock) for samples in self._samples)
        end = max([*lasts, self._journal.now()] if live else lasts, default=0)
        start = min(firsts, default=end)
        if self._lately:
            start = max(start, end - RECENTLY)
        return Moment(min(start, end - _LEAST_SPAN), end, live)

    def _is_open(self, sock: int) -> bool:
        row = self._table().sockets.get(sock)
        return row is not None and row.fd is not None and row.state not in (None, "CLOSE")

    def _draw_table(self, ends: list[End]) -> None:
        lines, source = self.lines, self.lines.source
        if not ends:
            if isinstance(source, NumberLines):
                lines.show_source(NoLines())
            lines.refresh()
            return
        state = (ends, [end.samples.revision for end in ends])
        if not isinstance(source, NumberLines) or source.ends != tuple(ends):
            here, top = lines.cursor, lines.scroll_y
            lines.show_source(NumberLines(ends))
            lines.go_to(1 if here is None else here)
            lines.scroll_to(y=top, animate=False)
        elif state != self._drawn:
            lines.refresh()
        self._drawn = state

    def _explain(self) -> None:
        field = self.lines.field
        said = as_content([explanation(field)] if field else [])
        self.query_one("#number-text", Static).update(said, layout=False)

    def _why_nothing(self) -> str:
        if self._sock is None:
            return _(
                "How a TCP connection is doing, from the kernel: round-trip time, congestion "
                "window, windows, what was lost and sent again."
            )
        return why_nothing(self._table().sockets.get(self._sock), self._journal.header.system)
