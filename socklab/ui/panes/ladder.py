"""The Ladder pane: a connection, or the whole lab, as a sequence diagram that grows downwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import HorizontalGroup
from textual.content import Content
from textual.widgets import Static

from socklab.i18n import _
from socklab.journal import Readable, whole
from socklab.model.ends import connection_of, remember, row_of
from socklab.model.ladder_layout import head_line, legend
from socklab.model.rows import SocketRow
from socklab.model.sockets import SocketTable
from socklab.ui.actions import Action, bindings
from socklab.ui.panes.background import Background
from socklab.ui.panes.cells import Part, harmless
from socklab.ui.panes.chosen import EventPointed, EventSelected
from socklab.ui.panes.ladder_past import LadderPast
from socklab.ui.panes.ladder_source import LadderSource
from socklab.ui.panes.ladder_view import View, around, everything
from socklab.ui.panes.lines import VirtualLines
from socklab.ui.panes.messages import MESSAGES
from socklab.ui.panes.tail import NoLines
from socklab.ui.panes.toggle import Toggle
from socklab.ui.panes.view import ConnectionView

FRAME, FIRST_FRAME = 0.002, 0.008
"""Seconds spent on finding rows: in each frame, and at most at once for another ladder."""

IDLE_FRAME = 0.008
"""Seconds spent on the past at a time, between two frames."""

QUIET = 0.25
"""Seconds without an event after which it is idle: in a flood the engine needs the time, and may
itself be held up for a while."""

MOST_PASTS = 3
"""Ladders of one journal whose past is kept in mind."""

MOST_COPIED = 1000
"""Rows that are copied at once."""

LADDER: tuple[Action, ...] = (
    Action(
        "ladder-all",
        "a",
        _("All programs"),
        _("Show what all programs do, or only the chosen connection."),
        "all",
        palette=False,
    ),
    *(known for known in MESSAGES if known.id.endswith("-connection")),
    Action(
        "ladder-numbers",
        "d",
        _("Numbers"),
        _("Show the numbers of each segment in full, or only where there is room."),
        "numbers",
        palette=False,
    ),
    Action(
        "copy-ladder",
        "Y",
        _("Copy all"),
        _("Copy the ladder as text, up to its last row in view."),
        "copy_all",
        palette=False,
    ),
)
"""What can be done in the Ladder."""

_TOGGLE = 10
"""Cells that the switch beside the legend takes."""

_COLOURS = {
    "": "",
    "accent": "$text-primary",
    "second": "$text-secondary",
    "warning": "$text-warning",
    "strong": "bold",
    "dim": "$foreground 62%",
}


_WIRED = ("network", _("a private network: its real segments are drawn"))


class LadderLines(VirtualLines):
    """The rows."""

    def __init__(self, resized: Callable[[], object]) -> None:
        super().__init__(NoLines(), id="ladder-lines")
        self._resized = resized

    def reflow(self, width: int) -> None:
        """The lanes' names stand above their lines."""
        self.call_later(self._resized)

    def in_view(self) -> tuple[int, int]:
        """The first and the last line on the screen."""
        return self.scroll_offset.y, self._last_in_view

    def nothing(self) -> Sequence[Sequence[Part]]:
        """Says what this is for, and which key fills it; or that there may still be something."""
        if isinstance(self._source, LadderSource) and self._source.reading:
            return [[("   " + _("reading …"), "dim")]]
        return [
            [("   " + _("What each program calls, and what crosses between them, by time."), "")],
            [],
            *self.ways(
                ("server", _("starts a server")),
                ("client", _("opens a connection")),
                ("demo", _("shows how it goes")),
                *([] if getattr(self.screen, "wired", False) else [_WIRED]),
            ),
        ]


class LadderPane(ConnectionView):
    """Shows the connection that was chosen elsewhere, or everything as long as none is chosen.

    `table` gives the sockets as they are now: who is at the other end, and what they are called.
    """

    DEFAULT_CSS = """
    LadderPane {
        height: 1fr;
        & #ladder-heads { height: 1; background: $panel; text-wrap: nowrap; text-style: bold; }
        & > HorizontalGroup { height: 1; padding: 0 1; }
        & #ladder-legend { width: 1fr; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
        & Toggle { margin: 0 0 0 2; }
        &.-nothing #ladder-heads, &.-nothing > HorizontalGroup { display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(LADDER)

    def __init__(self, journal: Readable, table: Callable[[], SocketTable] | None = None) -> None:
        super().__init__(id="ladder", classes="pane -nothing")
        self._journal = journal
        self._table = table or SocketTable
        self._sock: int | None = None
        self._rows: dict[int, SocketRow] = {}
        self._source: LadderSource | None = None
        self._pasts: list[LadderPast] = []
        self._remembered: object = None
        self._viewed: object = None
        self._cast: tuple[object, View] | None = None
        self._heads = (Content(), False)
        self._past = Background(self, self._read_back)
        self._long = False
        self._count, self._changed = 0, 0.0  # the journal's length, and when it was another
        self.border_title = _("Ladder")

    def compose(self) -> ComposeResult:
        """The lanes' names, the rows, and what the signs mean."""
        yield Static("", id="ladder-heads")
        yield LadderLines(self.renew)
        with HorizontalGroup():
            yield Static("", id="ladder-legend")
            yield Toggle(_("all"), True, id="ladder-all", tooltip=_("all programs (a)"))

    @property
    def lines(self) -> LadderLines:
        """The rows' lines."""
        return self.query_one(LadderLines)

    # What is shown

    def show_journal(self, journal: Readable) -> None:
        """Another journal has begun. Where it is another moment of the same recording, what was
        chosen stays."""
        if whole(journal) is not whole(self._journal):
            self._sock = None
            self._rows.clear()
            self.query_one(Toggle).set(True)
        self._journal = journal
        self._source = self._viewed = self._cast = None
        self.lines.show_source(NoLines())

    def show(self, sock: int) -> None:
        """Show the connection of a socket; of a listening one what is shown stays."""
        row = self._table().sockets.get(sock)
        if row is not None and row.listening:
            return
        self._sock = sock
        self._remember()
        self.query_one(Toggle).set(False)
        self._go_on(FRAME)

    def reveal(self, n: int) -> None:
        """Put the cursor on event `n`, or on the next one that is shown."""
        source = self._source
        if source is not None and len(source):
            self.lines.go_to(source.index_of(n))

    def action_all(self) -> None:
        """Show all programs, or only the chosen connection."""
        self.query_one(Toggle).action_flip()

    @on(Toggle.Changed)
    def _all_changed(self, message: Toggle.Changed) -> None:
        message.stop()
        connections = self._table().connections()
        if self._sock is None and not message.toggle.value and connections:
            self._sock = connections[-1].sock
        if self._sock is None:
            message.toggle.set(True)
            self.notify(_("First select a socket in the list of sockets."), timeout=3)
        self._go_on(FRAME)

    def action_numbers(self) -> None:
        """Show the numbers of each segment in full, or only where there is room."""
        self._long = not self._long
        if self._source is not None:
            self._source.show_numbers(self._long)
            self.lines.refresh()

    def action_copy_all(self) -> None:
        """Copy the ladder as text."""
        source, width = self._source, self.lines.room.width
        if source is None or not len(source):
            return
        last = self.lines.in_view()[1]
        span = range(max(0, last + 1 - MOST_COPIED), last + 1)
        drawn = [head_line(source.grid(width)), *(source.parts(index, width) for index in span)]
        text = "\n".join(_text(parts) for parts in drawn)
        self.app.copy_to_clipboard(f"{text}\n\n{_text(legend(width, source.shows_frames))}\n")
        self.notify(_("copied"), timeout=1.5)

    # Each frame

    def renew(self) -> None:
        """Take in what is new, spending no more than a few milliseconds."""
        self._go_on(FRAME)

    def on_show(self) -> None:
        """Back from a hidden tab."""
        self.renew()

    def _go_on(self, seconds: float) -> None:
        self._remember()
        lines = self.lines
        if not lines.is_on_screen or lines.room.width <= 0:
            return
        self._choose(self._table(), lines.room.width)
        source = self._source
        if source is None:
            return
        source.advance(seconds)
        lines.sync()
        if source.outdated(*lines.in_view()):
            lines.refresh()
        self._tell(source, lines.room.width)
        if source.reading:
            self._past.later()

    def _read_back(self) -> None:
        """Go on with the past, unless so much happens that the present takes all there is."""
        count = len(self._journal)
        if count != self._count:
            self._count, self._changed = count, monotonic()
        left = self._changed + QUIET - monotonic()
        if left <= 0:
            self._go_on(IDLE_FRAME)
        else:
            self._past.later(left)

    def _choose(self, table: SocketTable, width: int) -> None:
        """See whether what is to be shown has changed."""
        all_of_them = self._sock is None or self.query_one(Toggle).value
        kinds = len(self._journal.columns.table)
        known = (table, table.revision, kinds, width, self._sock, all_of_them)
        if known == self._viewed:
            return
        self._viewed = known
        view = self._view(table, width, all_of_them)
        source = self._source
        if source is None or not source.view.shows_as(view):
            self._begin(view, table)
        elif source.view != view:
            source.show_lanes(view)
            self.lines.refresh()

    def _view(self, table: SocketTable, width: int, all_of_them: bool) -> View:
        found = None
        if self._sock is not None:
            found = around(self._sock, table, self._rows, width)
        if found is None:
            self.query_one(Toggle).set(True)
            return self._everything(table, width, ())
        self._keep_rows(found.socks)
        if not all_of_them:
            return found
        programs = [row.program for sock in found.socks if (row := self._rows.get(sock))]
        return self._everything(table, width, tuple(name for name in programs if name is not None))

    def _remember(self) -> None:
        """The ends of the connection: the table may have forgotten them when they are shown."""
        table = self._table()
        known = (table, table.revision, self._sock)
        if self._sock is None or known == self._remembered:
            return
        self._remembered = known
        ends = connection_of(table, self._sock, self._rows)
        self._keep_rows(sock for sock in ends if sock is not None)

    def _keep_rows(self, socks: Iterable[int]) -> None:
        table = self._table()
        for sock in socks:
            row = row_of(table, sock)
            if row is not None:
                remember(self._rows, row)

    def _everything(self, table: SocketTable, width: int, first: tuple[str, ...]) -> View:
        """Found anew only where there may be other programs: in a recording that takes a while."""
        kinds, programs = len(self._journal.columns.table), len(table.programs)
        known = (self._journal, kinds, programs, width, first)
        if self._cast is None or self._cast[0] != known:
            self._cast = (known, everything(self._journal, width, first, table))
        return self._cast[1]

    def _begin(self, view: View, table: SocketTable) -> None:
        self._count = len(self._journal)
        self._source = LadderSource(self._journal, view, table, self._past_of(view))
        self._source.long = self._long
        self._source.advance(FIRST_FRAME, rows=2 * self.lines.room.height + 1)
        self.lines.show_source(self._source)

    def _past_of(self, view: View) -> LadderPast:
        """What is known of these events already, from another moment of the same recording."""
        all_of_it = whole(self._journal)
        of = (view.criteria, view.carried)
        known = [one for one in self._pasts if one.journal is all_of_it]
        past = next((one for one in known if one.of == of), None)
        past = past or LadderPast(all_of_it, view.criteria, view.carried)
        others = [one for one in known if one is not past]
        self._pasts = [past, *others[: MOST_PASTS - 1]]
        return past

    def _tell(self, source: LadderSource, width: int) -> None:
        self.set_class(not len(source) and not source.reading, "-nothing")
        heads = _content(head_line(source.grid(width)))
        wire = source.shows_frames
        if (heads, wire) != self._heads:
            self._heads = (heads, wire)
            self.query_one("#ladder-heads", Static).update(heads)
            signs = _content(legend(width - _TOGGLE, wire))
            self.query_one("#ladder-legend", Static).update(signs)

    # What is said to others

    @on(VirtualLines.Pointed)
    def _row_pointed(self, message: VirtualLines.Pointed) -> None:
        message.stop()
        if self._source is not None:
            self.post_message(EventPointed(self._source.event_at(message.index)))

    @on(VirtualLines.Chosen)
    def _row_chosen(self, message: VirtualLines.Chosen) -> None:
        message.stop()
        if self._source is not None:
            self.post_message(EventSelected(self._source.event_at(message.index)))


def _content(parts: Iterable[Part]) -> Content:
    return Content.assemble(*((harmless(text), _COLOURS[style]) for text, style in parts))


def _text(parts: Iterable[Part]) -> str:
    return "".join(text for text, _style in parts).rstrip()
