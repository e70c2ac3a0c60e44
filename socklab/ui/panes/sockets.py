"""The list of sockets: programs, what blocks them, their descriptors, states and queues."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message

from socklab.i18n import _
from socklab.model.sockets import SocketRow
from socklab.ui.actions import SOCKETS, Action, action, bindings
from socklab.ui.engine import Engine, Ticket
from socklab.ui.follower import Follower
from socklab.ui.panes.cells import Part
from socklab.ui.panes.listing import Listing
from socklab.ui.panes.offers import Offers
from socklab.ui.panes.socket_lines import ROOMY, Line, View, draw, outline

_CONNECTED = ("recv", "write", "shutdown", "close", "reset")
_LINES = {
    "accept": "accept {fd}",
    "recv": "recv {fd}",
    "shutdown": "shutdown {fd} out",
    "close": "close {fd}",
    "reset": "reset {fd}",
}
_UDP_LINES = {"recv": "recvfrom {fd}"}


class SocketSource:
    """The lines of the list, made anew for each state of the table."""

    origin = 0

    def __init__(
        self, follower: Follower, addresses: Callable[[str | None], Sequence[str]]
    ) -> None:
        self._follower = follower
        self._addresses = addresses
        self.lines: list[Line] = []

    def renew(self, width: int) -> None:
        """Take over the table as it is now, for a list of `width` cells."""
        self.lines = outline(self._follower.table, width >= ROOMY)

    def __len__(self) -> int:
        return len(self.lines)

    def key(self, index: int) -> Hashable:
        """The line itself: the list forgets what it drew with each change of the table."""
        return self.lines[index]

    def parts(self, index: int, width: int) -> Sequence[Part]:
        """One line, drawn."""
        view = View(now=self._follower.now, width=width, addresses=self._addresses)
        return draw(self.lines[index], self._follower.table, view)


class SocketList(Listing):
    """A cursor over programs and sockets that stays with its socket while others come and go."""

    # The screen does them, wherever they are asked for: here, in the offers, or in the palette.
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        replace(action, run=f"screen.{action.run}") for action in SOCKETS
    )

    class Selected(Message):
        """The cursor is on another row, moved there by somebody or by default; `sock` is None on a
        program's own."""

        def __init__(self, program: str, sock: int | None, by_hand: bool) -> None:
            super().__init__()
            self.by_hand = by_hand
            self.program = program
            self.sock = sock

    def __init__(self, source: SocketSource) -> None:
        super().__init__(source, id="socket-list")
        self._rows = source
        self.selected: Line | None = None
        self._chosen = False  # by somebody, not by default

    def renew(self) -> None:
        """Show the table as it is now, the cursor on the socket that it was on."""
        self._rows.renew(self.room.width)
        self.sync()
        self._keep_cursor()
        self.forget_strips()

    def _keep_cursor(self) -> None:
        lines = self._rows.lines
        if not self._chosen:
            sockets = (at for at, line in enumerate(lines) if line.kind == "socket")
            self._select(next(sockets, 0 if lines else None))
            return
        if self.selected in lines:
            self._cursor = lines.index(self.selected)
            return
        here = max(0, min(self._cursor or 0, len(lines) - 1))
        near = [*range(here, -1, -1), *range(here, len(lines))] if lines else []
        self._select(next((index for index in near if lines[index].selectable), None))

    def _select(self, index: int | None) -> None:
        self._cursor = index
        line = None if index is None else self._rows.lines[index]
        if line != self.selected:
            self.selected = line
            if line is not None:
                self.post_message(self.Selected(line.program, line.sock, self._chosen))

    def go_to(self, index: int) -> None:
        """Put the cursor on line `index`, or on the nearest above that it can rest on."""
        lines = self._rows.lines
        above = [at for at in range(min(index, len(lines) - 1), -1, -1) if lines[at].selectable]
        if above:
            self._chosen = True
            super().go_to(above[0])
            self._select(above[0])

    def action_move(self, lines: int) -> None:
        """Move the cursor over so many rows, skipping what only explains them."""
        step = 1 if lines > 0 else -1
        at = -1 if self._cursor is None else self._cursor
        rows = self._rows.lines
        at += step
        while 0 <= at < len(rows) and not rows[at].selectable:
            at += step
        if 0 <= at < len(rows):
            self.go_to(at)
            self._show_what_belongs(at)

    def _show_what_belongs(self, index: int) -> None:
        """Scroll so far that the lines that explain the row are in view too."""
        rows = self._rows.lines
        last = index
        while last + 1 < len(rows) and not rows[last + 1].selectable:
            last += 1
        bottom = self.scroll_offset.y + self.room.height - 1
        if last > bottom:
            self._scroll(min(index, last - self.room.height + 1))

    def on_click(self, event: events.Click) -> None:
        """A click selects, unless it ended the selecting of text; it doesn't choose, as in lists
        from which one goes on."""
        event.prevent_default()
        index = event.y - self.gutter.top + self.scroll_offset.y
        if self.text_selection is None and 0 <= index < len(self._rows):
            self.go_to(index)

    def reflow(self, width: int) -> None:
        """What stands beside a socket and what below it depends on the width."""
        self._rows.renew(width)

    def visible_socks(self) -> list[int]:
        """The sockets on the screen."""
        top = self.scroll_offset.y
        shown = self._rows.lines[top : top + self.room.height]
        return [line.sock for line in shown if line.sock is not None]

    def nothing(self) -> Sequence[Sequence[Part]]:
        """Says what the list is for, and which keys fill it."""
        return [
            [("   " + _("No program runs yet."), "")],
            [],
            *self.ways(
                ("server", _("starts a server")),
                ("client", _("opens a client")),
                ("send", _("sends on a connection")),
                ("demo", _("shows how it goes")),
            ),
        ]


class SocketsPane(Vertical):
    """The list, and what can be done with its selected row."""

    def __init__(self, lab: Engine, follower: Follower) -> None:
        super().__init__(id="sockets", classes="pane")
        self._lab = lab
        self._follower = follower
        self.border_title = _("Sockets")

    def compose(self) -> ComposeResult:
        """The list above, the offers below."""
        yield SocketList(SocketSource(self._follower, self._lab.own_addresses))
        yield Offers()

    @property
    def list(self) -> SocketList:
        """The list itself."""
        return self.query_one(SocketList)

    @property
    def row(self) -> SocketRow | None:
        """The selected socket."""
        line = self.list.selected
        return None if line is None or line.sock is None else self._sockets.get(line.sock)

    @property
    def program(self) -> str | None:
        """The selected row's program."""
        return None if self.list.selected is None else self.list.selected.program

    @property
    def _sockets(self) -> dict[int, SocketRow]:
        return self._follower.table.sockets

    def renew(self) -> None:
        """Show the table as it is now."""
        self.list.renew()
        self._offer()

    def tick(self) -> None:
        """A second has passed: how long a program has been blocked, and how long the kernel will
        remember a socket, are other numbers now."""
        table = self._follower.table
        programs = table.programs.values()
        if any(program.blocked or program.asking for program in programs) or any(
            row.expires is not None for row in table.sockets.values()
        ):
            self.list.forget_strips()

    def on_socket_list_selected(self) -> None:
        """Another row, other offers."""
        self._offer()

    def line_for(self, verb: str) -> str | None:
        """The command that does `verb` to the selected socket, or to the only one that fits of
        the selected program; None where nothing is selected that has a descriptor."""
        row, program = self.row, self.program
        if row is None:
            return f"{program}: {verb}" if program and verb in ("accept", "recv") else None
        if row.fd is None or row.program is None:
            return None
        said = _LINES[verb] if row.kind == "tcp" else _UDP_LINES.get(verb, _LINES[verb])
        return f"{row.program}: {said.format(fd=row.fd)}"

    def taken(self, line: str, ticket: Ticket | None) -> None:
        """The log shows what comes of it."""

    def refused(self, line: str, why: str, column: int | None) -> None:
        """Nothing is typed here that could be wrong."""
        self.notify(why, severity="error")

    def _offer(self) -> None:
        line, row = self.list.selected, self.row
        if line is None:
            self.query_one(Offers).offer([])
        elif line.kind == "program":
            self.query_one(Offers).offer([action("stop")])
        elif row is None or row.fd is None:
            said = _("closed: only the kernel still knows it")
            self.query_one(Offers).offer([], said)
        else:
            self.query_one(Offers).offer(_fitting(row))


def _fitting(row: SocketRow) -> list[Action]:
    """What usually makes sense; every key works on every socket, and the kernel judges."""
    if row.state == "LISTEN":
        return [action("accept"), action("close")]
    if row.kind == "udp":
        return [action("recv"), action("write"), action("close")]
    if row.remote is not None:
        return [action(id) for id in _CONNECTED]
    return [action("close")]
