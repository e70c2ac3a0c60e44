"""The lab's screen: puts the panes together and passes on what they ask for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.actions import parse
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.dom import DOMNode
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import ContentSwitcher, Static

from socklab.i18n import _
from socklab.lab.refusal import Refusal
from socklab.lab.words import LanguageError
from socklab.ui.actions import FOOTER, SCREEN, Action, action, bindings
from socklab.ui.asking import Asked, Helped
from socklab.ui.engine import Engine
from socklab.ui.follower import Follower
from socklab.ui.help import TOPICS
from socklab.ui.naming import Names
from socklab.ui.panes.chosen import EventSelected
from socklab.ui.panes.client_form import ClientForm
from socklab.ui.panes.console import ConsolePane
from socklab.ui.panes.details import DetailsPane
from socklab.ui.panes.echo import Echo
from socklab.ui.panes.form import Form
from socklab.ui.panes.lines import VirtualLines
from socklab.ui.panes.log import LogPane
from socklab.ui.panes.log_filter_bar import FilterBar
from socklab.ui.panes.messages import MessagesPane
from socklab.ui.panes.offers import Offers
from socklab.ui.panes.script import ScriptPane
from socklab.ui.panes.send_form import SendForm
from socklab.ui.panes.server_form import ServerForm
from socklab.ui.panes.sockets import SocketList, SocketsPane
from socklab.ui.panes.status import StatusLine
from socklab.ui.panes.tab_strip import TabStrip
from socklab.ui.pulse import Pulse
from socklab.ui.screens.help import HelpScreen, keys_of
from socklab.ui.screens.session import SessionScreen

FORMS = ("server", "client", "send")
RIGHT = ("messages", "details")
PLACES = ("sockets", "messages", "details", "log")
_FIRST_FIELD = {
    "server": "#server #port",
    "client": "#client #port",
    "send": "#send #data",
    "console": "#command-line",
}


class LabScreen(SessionScreen):
    """All panes at once, or as tabs where the terminal is small."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(SCREEN)
    AUTO_FOCUS = "#socket-list"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-tiny"),
        (60, "-narrow"),
        (100, "-wide"),
        (160, "-very-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-flat"),
        (16, "-short"),
        (30, "-tall"),
        (46, "-very-tall"),
    ]
    ALLOW_IN_MAXIMIZED_VIEW = "StatusLine, #footer"

    shown: reactive[str] = reactive("sockets")
    """Which pane has the place where there is room for one."""

    def __init__(self, lab: Engine, follower: Follower | None = None) -> None:
        super().__init__(lab, follower)
        self._names = Names(self.follower)
        self._pulse: Pulse | None = None
        self._drawn: tuple[object, int] = (None, -1)
        self._journal = self.follower.journal
        self._servers: frozenset[int] = frozenset()
        self._has_script = False

    def status_line(self) -> StatusLine:
        """The line at the top."""
        return StatusLine(self.lab)

    def compose(self) -> ComposeResult:
        """Header, panes, log, console, footer."""
        journal, follower = self.follower.journal, self.follower
        yield self.status_line()
        yield TabStrip(_tabs(PLACES), "sockets", id="place-tabs")
        with Horizontal(id="upper"):
            with Vertical(id="left"):
                yield SocketsPane(self.lab, follower)
                with Vertical(id="forms", classes="show-server"):
                    yield TabStrip(_tabs(FORMS), "server", id="form-tabs")
                    yield ServerForm(self.lab, self._names)
                    yield ClientForm(follower, self._names)
                    yield SendForm(self.lab, follower)
            with Vertical(id="right"):
                yield TabStrip(_tabs(RIGHT), "messages", id="right-tabs")
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
        for form in self.query(Form):
            form.heard(self.follower)
        self.query_one(MessagesPane).renew()
        self.query_one(LogPane).renew()
        self.script_pane.renew()
        self.query_one(ConsolePane).renew(self.script_pane.next_line())
        self.query_one(StatusLine).renew()

    def _begin_anew(self) -> None:
        self._journal = self.follower.journal
        self.query_one(LogPane).show_journal(self._journal)
        self.query_one(MessagesPane).show_journal(self._journal)
        self.query_one(DetailsPane).show_journal(self._journal)
        self.query_one(Echo).clear()
        self.reload()

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

    # Going about

    def watch_shown(self, before: str, now: str) -> None:
        """Give the place to another pane."""
        self.remove_class(f"show-{before}")
        self.add_class(f"show-{now}")
        self.query_one("#place-tabs", TabStrip).active = now

    def show_pane(self, name: str) -> None:
        """Bring a pane to the screen, without the focus."""
        if self.maximized is not None:
            self.minimize()
        if name in FORMS:
            self.query_one("#forms").set_classes(f"show-{name}")
            self.query_one("#form-tabs", TabStrip).active = name
        elif name in (*RIGHT, "script"):
            self.query_one("#right-switcher", ContentSwitcher).current = name
            self.query_one("#right-tabs", TabStrip).active = name
        if name != "console":
            self.shown = "sockets" if name in FORMS else name

    def action_go(self, name: str) -> None:
        """Go to a pane; to its first field if it is a form."""
        if name == "script" and not self._has_script:
            return
        self.show_pane(name)
        if name in FORMS:
            self.query_one(f"#{name}", Form).suggest()
        target = self.query_one(_FIRST_FIELD.get(name, f"#{name} VirtualLines"))
        self.call_after_refresh(target.focus)

    @on(TabStrip.Chosen)
    def _tab_chosen(self, event: TabStrip.Chosen) -> None:
        self.action_go(event.name)

    def begun(self) -> None:
        """A script is at hand: its tab shows."""
        self._has_script = True
        self.query_one("#place-tabs", TabStrip).tabs = _tabs((*PLACES, "script"))
        self.query_one("#right-tabs", TabStrip).tabs = _tabs((*RIGHT, "script"))
        if self._has_tabs:
            return  # there the next line shows in the console, and the sockets stay in sight
        self.show_pane("script")
        self.shown = "sockets"

    def on_descendant_focus(self) -> None:
        """The tabs' rule is drawn as that of the pane below it."""
        pane = self._pane()
        name = "" if pane is None or pane.id is None else pane.id
        self.query_one("#form-tabs").set_class(name in FORMS, "-focused")
        self.query_one("#right-tabs").set_class(name in (*RIGHT, "script"), "-focused")
        if self._has_tabs and self.focused is not None and _within(self.focused, FilterBar):
            self.shown = "log"  # its three lines would fill the log's tail

    @property
    def _has_tabs(self) -> bool:
        """Whether the terminal has room for one pane at a time only."""
        return self.has_class("-narrow") or self.has_class("-short")

    def on_text_selected(self) -> None:
        """Selecting copies."""
        text = self.get_selected_text()
        if text:
            self.app.copy_to_clipboard(text)
            self.notify(_("copied"), timeout=1.5)

    def action_home(self) -> None:
        """One step towards the list of sockets."""
        if self.focused is None or self.focused.id != "socket-list" or self.shown != "sockets":
            self.action_go("sockets")

    def action_find(self) -> None:
        """Search in the log."""
        self.action_go("log")
        self.query_one(LogPane).action_search()

    def action_maximise(self) -> None:
        """Let the pane that has the focus fill the screen, and back."""
        if self.maximized is not None:
            self.minimize()
            return
        pane = self._pane()
        if pane is not None and pane.has_class("pane"):
            self.maximized = pane

    def action_help(self) -> None:
        """Explain the pane that has the focus."""
        pane = self._pane()
        topic = "sockets" if pane is None or pane.id is None else pane.id
        own: list[Widget] = [] if self.focused is None else self._up_to_pane(self.focused)
        self.app.push_screen(HelpScreen(topic, keys_of(own)))

    def _pane(self) -> Widget | None:
        """The pane that has the focus."""
        node: DOMNode | None = self.focused
        while node is not None and not (isinstance(node, Widget) and node.id in TOPICS):
            node = node.parent
        return node

    def _up_to_pane(self, widget: Widget) -> list[Widget]:
        pane = self._pane()
        found = []
        for node in widget.ancestors_with_self:
            if isinstance(node, Widget):
                found.append(node)
            if node is pane:
                break
        return found


def _within(widget: Widget, kind: type[Widget]) -> bool:
    return any(isinstance(node, kind) for node in widget.ancestors_with_self)


def _tabs(names: Iterable[str]) -> tuple[tuple[str, str, str], ...]:
    """Each pane's name, key and title."""
    return tuple((name, action(_KEYS[name]).key, TOPICS[name].title) for name in names)


_KEYS = {
    "sockets": "pane-1",
    "messages": "pane-2",
    "details": "pane-3",
    "log": "pane-4",
    "script": "pane-5",
    **{name: name for name in FORMS},
}
