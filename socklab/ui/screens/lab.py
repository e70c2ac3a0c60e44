"""The lab's screen: puts the panes together and passes on what they ask for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.events import ScreenResume
from textual.widgets import ContentSwitcher, Static

from socklab.i18n import _
from socklab.lab.refusal import Refusal
from socklab.lab.words import LanguageError
from socklab.model.tcp_machine import SYN_SENT
from socklab.ui.actions import APP, SCREEN, bindings
from socklab.ui.asking import Asked, Helped
from socklab.ui.attention import answering
from socklab.ui.engine import Engine
from socklab.ui.follower import Follower
from socklab.ui.history import History
from socklab.ui.naming import Names
from socklab.ui.panes.chosen import ConnectionChosen, EventPointed, EventSelected
from socklab.ui.panes.client_form import ClientForm
from socklab.ui.panes.console import ConsolePane
from socklab.ui.panes.echo import Echo
from socklab.ui.panes.form import Form
from socklab.ui.panes.hints import HintStrip
from socklab.ui.panes.inspect import InspectPane
from socklab.ui.panes.ladder import LadderPane
from socklab.ui.panes.lines import VirtualLines
from socklab.ui.panes.log import LogPane
from socklab.ui.panes.messages import MessagesPane
from socklab.ui.panes.numbers import NumbersPane
from socklab.ui.panes.offers import Offers
from socklab.ui.panes.relay_form import RelayForm
from socklab.ui.panes.script import ScriptPane
from socklab.ui.panes.send_form import SendForm, likely_view
from socklab.ui.panes.server_form import ServerForm
from socklab.ui.panes.sockets import SocketList, SocketsPane
from socklab.ui.panes.states import StatesPane
from socklab.ui.panes.status import StatusLine
from socklab.ui.panes.tab_strip import TabStrip
from socklab.ui.panes.view import ConnectionView
from socklab.ui.panes.wire import WirePane
from socklab.ui.pulse import Pulse
from socklab.ui.screens.help import HelpScreen
from socklab.ui.screens.places import FORMS, PLACES, RIGHT, PlacesScreen, tabs

_GLANCE = 0.1  # seconds


class LabScreen(PlacesScreen):
    """All panes of a lab, following its journal."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(SCREEN)
    AUTO_FOCUS = "#socket-list"

    def __init__(
        self, lab: Engine, follower: Follower | None = None, history: History[str] | None = None
    ) -> None:
        super().__init__(lab, follower)
        self._history = history
        self._names = Names(self.follower)
        self._resumed = False
        self._pulse: Pulse | None = None
        self._drawn: tuple[object, int] = (None, -1)
        self._journal = self.follower.journal
        self._servers: frozenset[int] = frozenset()
        self._hosts: tuple[str, ...] = ()
        self._programs: set[str] = set()
        journal = self.follower.journal
        self._views: tuple[ConnectionView, ...] = tuple(
            view(journal, lambda: self.follower.table)
            for view in (LadderPane, StatesPane, MessagesPane, NumbersPane, WirePane)
        )
        self._hints = HintStrip(journal, lambda: self.follower.table)
        self._inspect = InspectPane(journal, hints=self._hints_about)
        self._forms: list[Form] = []
        self._in_view: frozenset[int] = frozenset()
        self._calling: int | None = None  # what is shown for want of a connection

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
                    yield ServerForm(self.lab, follower, self._names)
                    yield ClientForm(self.lab, follower, self._names)
                    yield SendForm(self.lab, follower)
                    yield RelayForm(self.lab, follower, self._names)
            with Vertical(id="right"):
                yield TabStrip(tabs(RIGHT), "ladder", id="right-tabs")
                with ContentSwitcher(initial="ladder", id="right-switcher"):
                    yield from self._views
                    yield self._inspect
                    yield ScriptPane()
                yield self._hints
        yield LogPane(journal, self._name_of)
        yield ConsolePane(follower, lambda: self.lab.hosts, self._history)
        yield Offers(id="footer", whole=True, staying=1)  # Quit
        yield Static(
            _("socklab needs a terminal of at least 60 columns and 16 lines."), id="too-small"
        )

    def on_screen_resume(self, event: ScreenResume) -> None:
        """Everything has its styles when the screen first shows, and needs them only once."""
        event.refresh_styles, self._resumed = self._resumed, True

    def on_mount(self) -> None:
        """Begin to follow the journal."""
        self._forms = list(self.query(Form))
        self._pulse = Pulse(
            self.follower, self._draw, self.call_later, partial(answering, self.app)
        )
        self._pulse.beat()
        keys = (key for key in (*self.own_actions, *APP) if key.footer)
        self.query_one("#footer", Offers).offer([key for key in keys if self.offers(key)])
        for pane in self.query(".pane, .form"):
            pane.border_title = f" {pane.border_title} "
        for name, key, title in tabs(FORMS):  # where there is room for several, no tab says the key
            self.query_one(f"#{name}").border_title = f" {key} {title} "
        self.set_interval(1, self._tick)
        self.set_interval(_GLANCE, self._glance)

    def on_unmount(self) -> None:
        """Draw no more."""
        if self._pulse is not None:
            self._pulse.stop()

    # Following the journal

    def beat(self) -> None:
        """A frame is wanted."""
        if self._pulse is not None:
            self._pulse.beat()

    def _draw(self) -> Iterator[None]:
        """In steps, none of which takes long. What stands near on the screen is in one step: all
        between what has changed is drawn anew with it."""
        if not self.is_mounted:
            return
        if self.follower.journal is not self._journal:
            self._begin_anew()
        table = self.follower.table
        if (table, table.revision) != self._drawn:
            self._drawn = (table, table.revision)
            self.query_one(SocketsPane).renew()
            self._renew_forms()
        self._tell_what_is_in_view()
        for form in self._forms:
            form.heard(self.follower)
        yield
        for view in self._views:
            view.renew()
        self.query_one(StatusLine).renew()
        yield
        self._inspect.renew()
        self._hints.renew()
        yield
        self.query_one(LogPane).renew()
        self.script_pane.renew()
        self.query_one(ConsolePane).renew(self.script_pane.next_line())

    def _renew_forms(self) -> None:
        """There are other sockets: offer those, and the names that are free."""
        self.query_one(SendForm).renew()
        row = likely_view(self.follower.table)
        if row is not None and row.state == SYN_SENT and row.sock != self._calling:
            self._calling = row.sock
            self.show_socket(row.sock)
        self._name_anew()

    def _tell_what_is_in_view(self) -> None:
        """Sockets on the screen are looked at more often than others."""
        listed = self.query_one(SocketsPane).list.visible_socks()
        in_view = frozenset((*listed, *self.query_one(NumbersPane).socks))
        if in_view != self._in_view:
            self._in_view = in_view
            self.lab.in_view(in_view)

    def _name_anew(self) -> None:
        """The names that the forms would give depend on the programs that run."""
        programs = {name for name, row in self.follower.table.programs.items() if row.running}
        if programs != self._programs:
            self._programs = programs
            for form in self._forms:
                form.check()

    def _begin_anew(self) -> None:
        self._journal = self.follower.journal
        self.query_one(LogPane).show_journal(self._journal)
        for view in self._views:
            self._show_journal_in(view)
        self._inspect.show_journal(self._journal)
        self._hints.show_journal(self._journal)
        self.query_one(Echo).clear()
        self.reload()

    def _show_journal_in(self, view: ConnectionView) -> None:
        view.show_journal(self._journal)

    def _glance(self) -> None:
        """What changes without an event: the call that waits for a step, a queued line."""
        self.query_one(StatusLine).glance()
        self.query_one(Echo).renew()

    def _tick(self) -> None:
        """Once a second: what depends on the time, and what no event tells of."""
        self.query_one(SocketsPane).tick()
        servers = frozenset(
            row.local[1]
            for row in self.follower.table.sockets.values()
            if row.listening and row.local is not None
        )
        hosts = tuple(self.lab.hosts)
        if (servers, hosts) != (self._servers, self._hosts):
            self._servers, self._hosts = servers, hosts
            self.query_one(ServerForm).suggest()
            self.query_one(ClientForm).suggest()
            self.query_one(RelayForm).suggest()
            self.query_one(LadderPane).lines.refresh()  # empty, it says whether there is a wire
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

    @on(WirePane.Wanted)
    def _wanted(self, event: WirePane.Wanted) -> None:
        event.stop()
        self.action_arrange(event.form)

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
            self.show_socket(row.sock)

    @on(SendForm.Targeted)
    def _targeted(self, event: SendForm.Targeted) -> None:
        self.show_target(event.sock)

    def show_target(self, sock: int) -> None:
        """The form for sending goes to this socket: by hand, or because it is the likeliest."""
        self.show_socket(sock)

    def show_socket(self, sock: int) -> None:
        """Have every view of one connection show that of this socket."""
        for view in self._views:
            view.show(sock)
        self._hints.show(sock)

    def _hints_about(self, n: int) -> list[str]:
        return [hint.text for hint in self._hints.hints if n in hint.events]

    @on(VirtualLines.Chosen, "#socket-list")
    def _socket_chosen(self) -> None:
        self.action_go("ladder")

    @on(ConnectionChosen)
    def _connection_chosen(self, event: ConnectionChosen) -> None:
        self.show_socket(event.sock)

    @on(EventPointed)
    def _event_pointed(self, event: EventPointed) -> None:
        """The other lists go to the same event, and Inspect has it at hand."""
        self._inspect.show(event.n)
        self._reveal(event.n)

    @on(EventSelected)
    def _event_selected(self, event: EventSelected) -> None:
        self._inspect.show(event.n)
        self._show_socket_of(event.n)
        self._reveal(event.n)
        self.show_pane("inspect")

    def _show_socket_of(self, n: int) -> None:
        """The views of one connection go to that of a chosen event."""
        journal = self.follower.journal
        if not journal.first <= n < len(journal):
            return
        row = self.follower.table.sockets.get(getattr(journal[n], "sock", None) or 0)
        if row is not None and row.remote is not None:
            self.show_socket(row.sock)

    def _reveal(self, n: int) -> None:
        self.query_one(LogPane).reveal(n)
        self.query_one(LadderPane).reveal(n)

    @on(Helped)
    def _helped(self) -> None:
        self.app.push_screen(HelpScreen("console", []))
