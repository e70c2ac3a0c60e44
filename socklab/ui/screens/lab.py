"""The lab's screen: puts the panes together and passes on what they ask for."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.actions import parse
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import ContentSwitcher, Static

from socklab.i18n import _
from socklab.lab.refusal import Refusal
from socklab.lab.words import LanguageError
from socklab.ui.actions import FOOTER, SCREEN, Action, bindings
from socklab.ui.asking import Asked, Helped
from socklab.ui.engine import Engine
from socklab.ui.follower import Follower
from socklab.ui.naming import Names
from socklab.ui.panes.chosen import EventSelected
from socklab.ui.panes.client_form import ClientForm
from socklab.ui.panes.console import ConsolePane
from socklab.ui.panes.details import DetailsPane
from socklab.ui.panes.echo import Echo
from socklab.ui.panes.form import Form
from socklab.ui.panes.lines import VirtualLines
from socklab.ui.panes.log import LogPane
from socklab.ui.panes.messages import MessagesPane
from socklab.ui.panes.offers import Offers
from socklab.ui.panes.script import ScriptPane
from socklab.ui.panes.send_form import SendForm
from socklab.ui.panes.server_form import ServerForm
from socklab.ui.panes.sockets import SocketList, SocketsPane
from socklab.ui.panes.status import StatusLine
from socklab.ui.panes.tab_strip import TabStrip
from socklab.ui.pulse import Pulse
from socklab.ui.screens.help import HelpScreen
from socklab.ui.screens.places import FORMS, PLACES, RIGHT, PlacesScreen, tabs

_GLANCE = 0.1  # seconds


class LabScreen(PlacesScreen):
    """All panes of a lab, following its journal."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(SCREEN)
    AUTO_FOCUS = "#socket-list"

    def __init__(self, lab: Engine, follower: Follower | None = None) -> None:
        super().__init__(lab, follower)
        self._names = Names(self.follower)
        self._pulse: Pulse | None = None
        self._drawn: tuple[object, int] = (None, -1)
        self._journal = self.follower.journal
        self._servers: frozenset[int] = frozenset()
        self._programs: set[str] = set()

    def status_line(self) -> StatusLine:
        """The line at the top."""
        return StatusLine(self.lab)

    def compose(self) -> ComposeResult:
        """Header, panes, log, console, footer."""
        journal, follower = self.follower.journal, self.follower
        yield self.status_line()
        yield TabStrip(tabs(PLACES), "sockets", id="place-tabs")
        with Horizontal(id="upper"):
            with Vertical(id="left"):
                yield SocketsPane(self.lab, follower)
                with Vertical(id="forms", classes="show-server"):
                    yield TabStrip(tabs(FORMS), "server", id="form-tabs")
                    yield ServerForm(self.lab, self._names)
                    yield ClientForm(follower, self._names)
                    yield SendForm(self.lab, follower)
            with Vertical(id="right"):
                yield TabStrip(tabs(RIGHT), "messages", id="right-tabs")
                with ContentSwitcher(initial="messages", id="right-switcher"):
                    yield MessagesPane(journal, lambda: follower.table)
                    yield DetailsPane(journal)
                    yield ScriptPane()
        yield LogPane(journal, self._name_of)
        yield ConsolePane(follower)
        yield Offers(id="footer")
        yield Static(
            _("socklab needs a terminal of at least 60 columns and 16 lines."), id="too-small"
        )

    def on_mount(self) -> None:
        """Begin to follow the journal."""
        self._pulse = Pulse(self.follower, self._draw, self.call_later)
        self._pulse.beat()
        self.query_one("#footer", Offers).offer([key for key in FOOTER if self.offers(key)])
        for pane in self.query(".pane, .form"):
            pane.border_title = f" {pane.border_title} "
        self.set_interval(1, self._tick)
        self.set_interval(_GLANCE, self._glance)

    def offers(self, action: Action) -> bool:
        """Whether the action makes sense on this screen."""
        _namespace, name, parameters = parse(action.run)
        return bool(self.check_action(name, parameters))

    def on_unmount(self) -> None:
        """Draw no more."""
        if self._pulse is not None:
            self._pulse.stop()

    # Following the journal

    def beat(self) -> None:
        """A frame is wanted."""
        if self._pulse is not None:
            self._pulse.beat()

    def _draw(self) -> None:
        if not self.is_mounted:
            return
        if self.follower.journal is not self._journal:
            self._begin_anew()
        table = self.follower.table
        if (table, table.revision) != self._drawn:
            self._drawn = (table, table.revision)
            self.query_one(SocketsPane).renew()
            self.query_one(SendForm).renew()
            self._name_anew()
        for form in self.query(Form):
            form.heard(self.follower)
        self.query_one(MessagesPane).renew()
        self.query_one(LogPane).renew()
        self.script_pane.renew()
        self.query_one(ConsolePane).renew(self.script_pane.next_line())
        self.query_one(StatusLine).renew()

    def _name_anew(self) -> None:
        """The names that the forms would give depend on the programs that run."""
        programs = {name for name, row in self.follower.table.programs.items() if row.running}
        if programs != self._programs:
            self._programs = programs
            for form in self.query(Form):
                form.check()

    def _begin_anew(self) -> None:
        self._journal = self.follower.journal
        self.query_one(LogPane).show_journal(self._journal)
        self.query_one(MessagesPane).show_journal(self._journal)
        self.query_one(DetailsPane).show_journal(self._journal)
        self.query_one(Echo).clear()
        self.reload()

    def _glance(self) -> None:
        """What changes without an event: the call that waits for a step, a queued line."""
        self.query_one(StatusLine).renew()
        self.query_one(Echo).renew()

    def _tick(self) -> None:
        """Once a second: what depends on the time, and what no event tells of."""
        self.query_one(SocketsPane).tick()
        servers = frozenset(
            row.local[1]
            for row in self.follower.table.sockets.values()
            if row.listening and row.local is not None
        )
        if servers != self._servers:
            self._servers = servers
            self.query_one(ServerForm).suggest()
            self.query_one(ClientForm).suggest()
        self.beat()

    def _name_of(self, sock: int) -> str:
        """A socket as the log's filter calls it."""
        row = self.follower.table.sockets.get(sock)
        if row is None or row.program is None:
            return _("socket {sock}", sock=sock)
        return f"{row.program} {row.held if row.fd is None else row.fd}"

    # Asking for commands

    @on(Asked)
    def _asked(self, event: Asked) -> None:
        event.stop()
        try:
            ticket = self.lab.submit(event.line, event.origin)
        except LanguageError as error:
            event.asker.refused(event.line, error.problem, error.column)
            return
        except Refusal as refusal:
            event.asker.refused(event.line, str(refusal), None)
            return
        if ticket is not None:
            self.query_one(Echo).add(ticket)
        event.asker.taken(event.line, ticket)
        if self._pulse is not None:
            self._pulse.hurry()

    def action_socket(self, verb: str) -> None:
        """Do something with the selected row of the list of sockets."""
        pane = self.query_one(SocketsPane)
        row, program = pane.row, pane.program
        if verb == "stop" and program:
            self.post_message(Asked(pane, f"{program}: stop", "form"))
        elif verb == "send":
            if row is not None:
                self.query_one(SendForm).choose(row)
            self.action_go("send")
        elif (line := pane.line_for(verb)) is not None:
            self.post_message(Asked(pane, line, "form"))
        else:
            self.notify(_("First select a socket in the list of sockets."), timeout=3)

    @on(Echo.Withdrawn)
    def _withdrawn(self, event: Echo.Withdrawn) -> None:
        self.lab.withdraw(event.ticket)
        self.beat()

    # What one pane says to the others

    @on(SocketList.Selected)
    def _socket_selected(self, event: SocketList.Selected) -> None:
        row = self.query_one(SocketsPane).row
        if event.by_hand and row is not None:
            self.query_one(SendForm).choose(row)
            if row.remote is not None or row.kind == "udp":
                self.query_one(MessagesPane).show(row.sock)

    @on(SendForm.Targeted)
    def _targeted(self, event: SendForm.Targeted) -> None:
        self.query_one(MessagesPane).show(event.sock)

    @on(VirtualLines.Chosen, "#socket-list")
    def _socket_chosen(self) -> None:
        self.action_go("messages")

    @on(EventSelected)
    def _event_selected(self, event: EventSelected) -> None:
        self.query_one(DetailsPane).show(event.n)
        self.show_pane("details")

    @on(Helped)
    def _helped(self) -> None:
        self.app.push_screen(HelpScreen("console", []))
