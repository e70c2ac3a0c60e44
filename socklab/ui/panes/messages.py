"""The Messages pane: one connection's bytes in both directions, as a conversation.

Each call's share stands in a box of its own, so that three sends and one recv are plain to see.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from socklab.model.notation import address_text, escape
from socklab.model.rows import Connection
from socklab.model.sockets import SocketRow, SocketTable
from socklab.ui.actions import Action, bindings
from socklab.ui.panes.background import Background
from socklab.ui.panes.cells import Part
from socklab.ui.panes.chosen import EventSelected
from socklab.ui.panes.ends import end_text
from socklab.ui.panes.lines import VirtualLines
from socklab.ui.panes.painting import literal
from socklab.ui.panes.share_box import Look, View
from socklab.ui.panes.tail import NoLines
from socklab.ui.panes.talk_source import TalkSource
from socklab.ui.panes.toggle import Toggle
from socklab.ui.panes.view import ConnectionView

FRAME, FIRST_FRAME = 0.003, 0.02
"""Seconds spent on laying out: in each frame, and at once for another connection."""

IDLE_FRAME = 0.006
"""Seconds spent on the past at a time, between two frames."""

MESSAGES: tuple[Action, ...] = (
    Action(
        "hex",
        "h",
        _("Hex"),
        _("Show the bytes in hex, or as text again."),
        "hex",
        palette=False,
    ),
    Action(
        "previous-connection",
        "left",
        _("Previous"),
        _("Show the connection before this one."),
        "other(-1)",
        palette=False,
    ),
    Action(
        "next-connection",
        "right",
        _("Next"),
        _("Show the connection after this one."),
        "other(1)",
        palette=False,
    ),
)
"""What can be done in the Messages pane."""


class TalkView(VirtualLines):
    """The boxes."""

    def __init__(self, resized: Callable[[int], None]) -> None:
        super().__init__(NoLines(), id="talk-lines")
        self._resized = resized
        self._laid_out_for = 0

    def reflow(self, width: int) -> None:
        """Boxes of another width take other numbers of lines."""
        if width != self._laid_out_for:
            self._laid_out_for = width
            self._resized(width)

    def text_to_copy(self) -> str:
        """The bytes in the box under the cursor, as text."""
        source, index = self.source, self.cursor
        if not isinstance(source, TalkSource) or not len(source):
            return ""
        share = source.share(source.event_at(self._last_in_view if index is None else index))
        return "" if share is None else escape(share.data)

    def nothing(self) -> Sequence[Sequence[Part]]:
        """Says how to get a conversation."""
        if not isinstance(self.source, TalkSource):
            said = _("What a connection's two ends say to each other.")
            ways = self.ways(("client", _("opens a connection; select it in Sockets")))
        elif self.source.reading:
            said, ways = _("Looking for its messages in the journal."), []
        else:
            said = _("Nothing was sent or received here yet.")
            ways = self.ways(("send", _("sends")))
        return [[("   " + said, "")], [], *ways]


class MessagesPane(ConnectionView):
    """Shows the connection that was chosen elsewhere. `renew` is to be called each frame.

    `table` gives the sockets as they are now: who is at the other end, and what they are called.
    """

    DEFAULT_CSS = """
    MessagesPane {
        height: 1fr;
        & > HorizontalGroup { height: 1; background: $panel; padding: 0 1; display: none; }
        & > .-shown { display: block; }
        & #talk-ends { width: 1fr; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
        & Toggle { margin: 0 0 0 2; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(MESSAGES)

    def __init__(self, journal: Readable, table: Callable[[], SocketTable] | None = None) -> None:
        super().__init__(id="messages", classes="pane")
        self._journal = journal
        self._table = table or SocketTable
        self._sock: int | None = None
        self._to_come = False
        self._rows: dict[int, SocketRow] = {}
        self._source: TalkSource | None = None
        self._past = Background(self, self._read_back)
        self._named = Content()
        self.border_title = _("Messages")

    def compose(self) -> ComposeResult:
        """Who talks to whom, and the conversation."""
        with HorizontalGroup():
            yield Static("", id="talk-ends")
            yield Toggle(_("hex"), id="talk-hex", tooltip=_("the bytes in hex (h)"))
        yield TalkView(self._lay_out)

    @property
    def lines(self) -> TalkView:
        """The conversation's lines."""
        return self.query_one(TalkView)

    # What is shown

    def show_journal(self, journal: Readable) -> None:
        """Another journal has begun. Where it is another moment of the same recording, what was
        chosen stays, and shows as soon as it was there."""
        if whole(journal) is not whole(self._journal):
            self._sock = None
            self._rows.clear()
        self._journal = journal
        self._source = None
        self._to_come = self._sock not in self._rows
        if self._sock is None:  # else the next frame tells: to hide it would cost two layouts
            self._show_ends(False)
        self.lines.show_source(NoLines())

    def show(self, sock: int) -> None:
        """Show the conversation of a socket, with its peer's side if that is in the lab.

        A listening socket has none: what is shown stays.
        """
        source, row = self._source, self._table().sockets.get(sock)
        if source is not None and sock in (source.view.sock, source.view.peer):
            return
        if row is not None and row.listening:
            return
        self._sock = sock
        self._to_come = False
        self._rows.clear()
        self._source = None
        self._ends(sock)
        self._lay_out(self.lines.room.width)

    def _lay_out(self, width: int) -> None:
        """Begin the lines anew: another connection, width or look."""
        if self._sock is None or self._to_come or width <= 0:
            return
        opener, peer = self._ends(self._sock)
        look: Look = "hex" if self.query_one("#talk-hex", Toggle).value else "text"
        row = self._rows.get(opener)
        view = View(opener, peer, look, width)
        self._source = TalkSource(self._journal, view, row.kind if row is not None else "tcp")
        self._source.advance(FIRST_FRAME, rows=2 * self.lines.room.height + 1)
        self.lines.show_source(self._source)
        self._show_ends(True)
        self._name_ends()

    def _show_ends(self, shown: bool) -> None:
        self.query_one(HorizontalGroup).set_class(shown, "-shown")

    def _ends(self, sock: int) -> tuple[int, int | None]:
        """The end that opened the connection, which stands on the left, and the other one."""
        table = self._table()
        row = row_of(table, sock) or self._rows.get(sock)
        ends = connection_of(table, sock, self._rows)
        if row is not None and row.kind == "udp":
            ends = _one_to_one(table, row)
        if ends.peer is None and self._source is not None:
            return self._source.view.sock, self._source.view.peer
        for end in ends:
            known = None if end is None else row_of(table, end)
            if known is not None:
                remember(self._rows, known)
        return ends

    def action_hex(self) -> None:
        """Show the bytes in hex, or as text again."""
        self.query_one("#talk-hex", Toggle).action_flip()

    @on(Toggle.Changed, "#talk-hex")
    def _look_changed(self, message: Toggle.Changed) -> None:
        message.stop()
        self._lay_out(self.lines.room.width)

    # Each frame

    def renew(self) -> None:
        """Take in what is new, spending no more than a few milliseconds."""
        self._go_on(FRAME)

    def _go_on(self, seconds: float) -> None:
        source = self._source
        if self._sock is None or not self.lines.is_on_screen:
            return
        if source is None:
            self._to_come = self._to_come and row_of(self._table(), self._sock) is None
            self._lay_out(self.lines.room.width)  # chosen while this was hidden
            self._show_ends(self._source is not None)
            return
        if source.view.peer is None and self._ends(self._sock)[1] is not None:
            self._lay_out(source.view.width)  # the other end has been accepted meanwhile
            return
        source.advance(seconds, skip=self.lines.following)
        self.lines.sync()
        self._name_ends()
        if source.reading:
            self._past.later()

    def _read_back(self) -> None:
        self._go_on(IDLE_FRAME)

    def on_show(self) -> None:
        """Back from a hidden tab."""
        self.renew()

    def _name_ends(self) -> None:
        if self._source is None:
            return
        view = self._source.view
        table = self._table()
        for sock in (view.sock, view.peer):
            if sock is not None and (row := table.sockets.get(sock)) is not None:
                remember(self._rows, row)
        named = self._ends_text(view)
        if named != self._named:
            self._named = named
            self.query_one("#talk-ends", Static).update(named)

    def _ends_text(self, view: View) -> Content:
        left = self._rows.get(view.sock)
        right = None if view.peer is None else self._rows.get(view.peer)
        said = "" if right is None else end_text(right)
        if right is None and left is not None and left.remote is not None:
            said = address_text(left.remote)
        if left is None:
            return Content(_("socket {sock}: no longer known", sock=view.sock))
        if not said:
            said = _("whoever sends to it") if left.kind == "udp" else _("not connected")
        return Content.assemble(
            (end_text(left), "$text-primary"), "  ⇄  ", literal(said, "$text-secondary")
        )

    @on(VirtualLines.Chosen)
    def _line_chosen(self, message: VirtualLines.Chosen) -> None:
        message.stop()
        if self._source is not None:
            self.post_message(EventSelected(self._source.event_at(message.index)))


def _one_to_one(table: SocketTable, row: SocketRow) -> Connection:
    """A UDP socket and its peer. One that talks to many is no peer of this one alone."""
    sock = table.peer_of(row.sock)
    peer = None if sock is None else table.sockets.get(sock)
    mutual = peer is not None and sock != row.sock and peer.remote is not None
    return Connection(row.sock, sock if mutual else None)
