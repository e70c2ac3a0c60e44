"""The States pane: RFC 9293's diagram with the way that each end of a connection has walked.

Beside it, or below, who must act next and every step with what caused it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Static

from socklab.i18n import _
from socklab.journal import Readable, whole
from socklab.model.ends import connection_of, remember, row_of
from socklab.model.rows import Connection, SocketRow
from socklab.model.sockets import SocketTable
from socklab.model.tcp_machine import CLOSE, LISTEN
from socklab.model.walks import Walk
from socklab.ui.actions import Action, bindings
from socklab.ui.panes.background import Background
from socklab.ui.panes.cells import Part, wrap
from socklab.ui.panes.chosen import EventPointed, EventSelected
from socklab.ui.panes.ends import end_text
from socklab.ui.panes.lines import VirtualLines
from socklab.ui.panes.messages import MESSAGES
from socklab.ui.panes.states_lines import StepLines, StepReader
from socklab.ui.panes.states_told import what_listens, who_must_act, whose, why_no_states
from socklab.ui.panes.states_view import Arrangement, DiagramView, arrangement
from socklab.ui.panes.tail import NoLines
from socklab.ui.panes.view import ConnectionView

FRAME, FIRST_FRAME = 0.003, 0.02
"""Seconds spent on reading: in each frame, and at once for another connection."""

ROOMY = 14
"""From this height on (cells) both ends' duties are said beside the diagram, else the first."""

STATES: tuple[Action, ...] = (
    *(known for known in MESSAGES if known.id.endswith("-connection")),
    Action(
        "copy-states",
        "Y",
        _("Copy all"),
        _("Copy the diagram with the steps, as text."),
        "copy_all",
        palette=False,
    ),
)
"""What can be done in the States pane."""


class StepList(VirtualLines):
    """The steps. `said` is what stands there while there are none."""

    def __init__(self) -> None:
        super().__init__(NoLines(), id="states-steps")
        self.said: Sequence[Part] = ()

    def nothing(self) -> Sequence[Sequence[Part]]:
        """What this is for, and how to fill it."""
        room = max(8, self.room.width - 2)
        return [[(" " + line, style)] for text, style in self.said for line in wrap(text, room)]

    def say(self, *paragraphs: Part) -> None:
        """What stands here while there are no steps."""
        self.said = paragraphs
        self.refresh()

    def all_text(self) -> str:
        """Every step, for the clipboard."""
        return "\n".join(self._line_text(index) for index in range(len(self.source)))

    def go_to(self, index: int) -> None:
        """Put the cursor on a step, and say so."""
        super().go_to(index)
        source, here = self.source, self.cursor
        if isinstance(source, StepLines) and here is not None and len(source):
            self.post_message(EventPointed(source.steps[here].step.n))

    def renew(self) -> None:
        """There are other steps: show them, the cursor on the one that it was on."""
        source, here = self.source, self.cursor
        if not isinstance(source, StepLines):
            return
        on = source.steps[here].step.n if here is not None and len(source) else None
        source.renew()
        self.sync()
        if on is not None:
            self._cursor = source.index(on)
        self.forget_strips()


class StatesPane(ConnectionView):
    """Shows the connection, or the socket, that was chosen elsewhere; `renew` each frame.

    `table` gives the sockets as they are now: who is at the other end, and who is blocked in what.
    """

    DEFAULT_CSS = """
    StatesPane {
        height: 1fr;
        & #states-head { height: 1; background: $panel; padding: 0 1; text-wrap: nowrap;
                         text-overflow: ellipsis; }
        & #states-body { height: 1fr; layout: vertical; }
        & #states-told { width: 1fr; height: 1fr; }
        & #states-duty { height: auto; padding: 0 1; margin-bottom: 1; }
        & StepList { padding: 0 0 0 1; }
        &.-short #states-duty { margin-bottom: 0; }
        &.-beside #states-body { layout: horizontal; }
        &.-no-diagram DiagramView { display: none; }
        &.-nothing #states-head, &.-nothing #states-duty { display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(STATES)

    def __init__(self, journal: Readable, table: Callable[[], SocketTable] | None = None) -> None:
        super().__init__(id="states", classes="pane -nothing")
        self._journal = journal
        self._table = table or SocketTable
        self._sock: int | None = None
        self._ends: Connection | None = None
        self._rows: dict[int, SocketRow] = {}
        self._reader: StepReader | None = None
        self._past = Background(self, self.renew)
        self._arrangement = Arrangement(None)
        self._drawn = False  # the diagram, as it is now
        self._told: tuple[Content, Content] | None = None
        self.border_title = _("States")

    def compose(self) -> ComposeResult:
        """Who it is about; the diagram; who must act, and the steps."""
        yield Static("", id="states-head")
        with Container(id="states-body"):
            yield DiagramView()
            with Vertical(id="states-told"):
                yield Static("", id="states-duty")
                yield StepList()

    @property
    def lines(self) -> StepList:
        """The steps' lines."""
        return self.query_one(StepList)

    def on_mount(self) -> None:
        """Say what it is for."""
        self._begin(None)

    # What is shown

    def show_journal(self, journal: Readable) -> None:
        """Another journal has begun. Where it is another moment of the same recording, what was
        chosen stays."""
        same = whole(journal) is whole(self._journal)
        self._journal = journal
        if not same:
            self._rows.clear()
        self._begin(self._sock if same else None)

    def show(self, sock: int) -> None:
        """Show the connection that a socket is an end of, or the socket itself."""
        if self._ends is None or sock not in self._ends:
            self._rows.clear()
            self._begin(sock)
            self._go_on(FIRST_FRAME)

    def _begin(self, sock: int | None) -> None:
        self._sock = sock
        self._ends = self._reader = None
        self._told = None
        self.lines.show_source(NoLines())
        self.set_class(sock is None, "-nothing")
        if sock is None:
            ways = self.lines.ways(("client", _("opens a connection")))
            self.lines.say(
                (_("The states of a TCP connection, and the way that each of its ends goes."), ""),
                ("", ""),
                *(("".join(text for text, _style in way).strip(), "accent") for way in ways),
                (_("select it in Sockets"), "dim"),
            )
        self._arrange()
        if sock is None:
            self._draw()

    def action_copy_all(self) -> None:
        """Copy the diagram with the steps, as text."""
        parts = [str(text) for text in self._told or () if text]
        if not self.has_class("-no-diagram"):
            parts.append(self.query_one(DiagramView).text_to_copy())
        parts.append(self.lines.all_text())
        self.app.copy_to_clipboard("\n\n".join(part for part in parts if part) + "\n")
        self.notify(_("copied"), timeout=1.5)

    # Each frame

    def renew(self) -> None:
        """Take in what is new, spending no more than a few milliseconds."""
        self._go_on(FRAME)

    def on_show(self) -> None:
        """Back from a hidden tab."""
        self.renew()

    def on_resize(self) -> None:
        """Another size may have room for another form of the diagram."""
        self._arrange()
        self._draw()

    def _go_on(self, seconds: float) -> None:
        if self._sock is None or not self.is_on_screen:
            return
        table = self._table()
        self._find_ends(table, self._sock)
        reader = self._reader
        if reader is not None:
            if reader.advance(seconds):
                self.lines.renew()
                self._drawn = False
            self._say_why_none(reader)
        if not self._drawn:
            self._draw()
        self._tell(table)
        if reader is not None and reader.reading:
            self._past.later()

    def _find_ends(self, table: SocketTable, sock: int) -> None:
        """Who is at both ends now. An end that the table has forgotten stays."""
        found = connection_of(table, sock, self._rows)
        known = sock in self._rows
        for row in (row_of(table, end) for end in found if end is not None):
            if row is not None:
                remember(self._rows, row)
        other = self._ends is not None and set(found) != set(self._ends)
        if (
            self._ends is None
            or (other and found.peer is not None)
            or known != (sock in self._rows)
        ):
            self._ends = found
            self._follow(found)

    def _follow(self, ends: Connection) -> None:
        row = self._rows.get(ends.sock)
        self._reader = None
        if row is not None and row.kind == "udp":
            self.lines.say(*((text, "") for text in why_no_states(row)))
            self.lines.show_source(NoLines())
        else:
            self._reader = StepReader(self._journal, [sock for sock in ends if sock is not None])
            self.lines.show_source(StepLines(self._reader))
        self._arrange()

    def _say_why_none(self, reader: StepReader) -> None:
        """What stands in the place of steps."""
        if reader.reading:
            said = _("Looking for its steps in the journal.")
        elif self._ends is not None and self._is_new(self._ends.sock):
            said = _("No step yet: a new socket is in CLOSE.")
        else:
            said = _("No step of it is recorded.")
        if self.lines.said != ((said, "dim"),):
            self.lines.say((said, "dim"))

    # Drawing

    def _arrange(self) -> None:
        """Lay out for the size there is."""
        width, height = self.size
        room = height - (self._sock is not None)
        self._arrangement = arrangement(width, room)
        udp = self._ends is not None and self._reader is None
        self.set_class(self._arrangement.form is None or udp, "-no-diagram")
        self.set_class(self._arrangement.beside and not udp, "-beside")
        self.set_class(height < ROOMY, "-short")
        self._drawn = False

    def _draw(self) -> None:
        self._drawn = True
        form = self._arrangement.form
        if form is None:
            return
        walks = [walk if self._moved(walk) else None for walk in self._walks]
        opener, other = (*walks, None, None)[:2]
        spare = self.size.height - form.height >= 3 and self._arrangement.beside
        self.query_one(DiagramView).show(form, opener, other, spare and self._sock is not None)

    @property
    def _walks(self) -> list[Walk]:
        return [] if self._reader is None else self._reader.walks

    def _moved(self, walk: Walk) -> bool:
        """Whether it is known where it is: a new socket is in CLOSE without a step."""
        return self._is_new(walk.sock) or len(walk) > 0

    def _is_new(self, sock: int) -> bool:
        row = self._rows.get(sock)
        return row is not None and row.state == CLOSE and row.remote is None

    def _tell(self, table: SocketTable) -> None:
        """Whose states these are, and who must act: said anew where that has changed."""
        told = self._said(table)
        if told != self._told:
            self._told = told
            self.query_one("#states-head", Static).update(told[0], layout=False)
            duty = self.query_one("#states-duty", Static)
            # Only another height moves anything: a layout costs more than all of the rest.
            width, height = duty.content_size
            duty.update(told[1], layout=not width or told[1].get_height({}, width) != height)

    def _said(self, table: SocketTable) -> tuple[Content, Content]:
        row = table.sockets.get(self._sock or 0)
        walks = self._walks
        if not walks:
            return Content(end_text(row)), Content()
        head = whose(walks, self._rows)
        if row is not None and row.state == LISTEN:
            return head, what_listens(table, row)
        most = 1 if self.has_class("-short") and self._arrangement.form is not None else 2
        return head, who_must_act(table, walks, self._rows, self._journal.now(), most)

    # What is said to others

    @on(VirtualLines.Chosen)
    def _step_chosen(self, message: VirtualLines.Chosen) -> None:
        message.stop()
        source = self.lines.source
        if isinstance(source, StepLines):
            self.post_message(EventSelected(source.steps[message.index].step.n))
