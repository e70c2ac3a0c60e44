"""Where the panes are, and how one gets from one to another.

Where there is room for one pane only, it has the place and the others are tabs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.actions import parse
from textual.dom import DOMNode
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import ContentSwitcher

from socklab.i18n import _
from socklab.ui.actions import APP, SCREEN, Action, action
from socklab.ui.engine import Engine
from socklab.ui.follower import Follower
from socklab.ui.help import TOPICS
from socklab.ui.panes.form import Form
from socklab.ui.panes.log import LogPane
from socklab.ui.panes.log_filter_bar import FilterBar
from socklab.ui.panes.tab_strip import TabStrip
from socklab.ui.screens.help import HelpScreen, keys_of
from socklab.ui.screens.session import SessionScreen

FORMS = ("server", "client", "send", "relay")
RIGHT = ("ladder", "states", "messages", "inspect", "numbers", "wire")
PLACES = ("sockets", "ladder", "states", "messages", "inspect", "numbers", "log", "wire")
_ALWAYS_THERE = ("console", "timeline")
_PLACED_BY_CLASS = "#upper, #left, #right, #log"
"""What the rules for `show-right` and `show-log` are about."""
_FIRST_FIELD = {
    "server": "#server #port",
    "client": "#client #port",
    "send": "#send #data",
    "relay": "#relay #to-port",
    "console": "#command-line",
    "timeline": "#timeline",
}


class PlacesScreen(SessionScreen):
    """All panes at once, or as tabs where the terminal is small."""

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

    own_actions: ClassVar[tuple[Action, ...]] = SCREEN
    """What its keys do, whatever has the focus."""

    shown: reactive[str] = reactive("sockets", init=False)
    """Which pane has the place where there is room for one."""

    def __init__(self, lab: Engine, follower: Follower | None = None) -> None:
        super().__init__(lab, follower)
        self._has_script = False
        # Known before anything is mounted, so that not every widget is styled twice.
        width, height = self.app.size
        self.add_class(
            _breakpoint(width, self.HORIZONTAL_BREAKPOINTS),
            _breakpoint(height, self.VERTICAL_BREAKPOINTS),
        )

    def watch_shown(self, now: str) -> None:
        """Give the place to another pane."""
        self.set_class(now in (*RIGHT, "script"), "show-right", update=False)
        self.set_class(now == "log", "show-log", update=False)
        # Styling every widget of the screen anew takes longer than a key may.
        self.app.stylesheet.update_nodes(self.query(_PLACED_BY_CLASS))
        self.query_one("#place-tabs", TabStrip).active = now
        self._light()

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
        if name not in _ALWAYS_THERE:
            self.shown = "sockets" if name in FORMS else name

    def action_go(self, name: str) -> None:
        """Go to a pane; to its first field if it is a form."""
        if name == "script" and not self._has_script:
            self.tell_there_is_no_script()
            return
        self.show_pane(name)
        if name in FORMS:
            self.query_one(f"#{name}", Form).suggest()
        self.set_focus(self.query_one(_FIRST_FIELD.get(name, f"#{name} VirtualLines")))

    @on(TabStrip.Chosen)
    def _tab_chosen(self, event: TabStrip.Chosen) -> None:
        self.action_go(event.name)

    def begun(self) -> None:
        """A script is at hand: its tab shows."""
        self._has_script = True
        self.query_one("#place-tabs", TabStrip).tabs = tabs((*PLACES, "script"))
        self.query_one("#right-tabs", TabStrip).tabs = tabs((*RIGHT, "script"))
        if self._has_tabs:
            return  # there the next line shows in the console, and the sockets stay in sight
        self.show_pane("script")
        self.shown = "sockets"

    def on_descendant_focus(self) -> None:
        """Show where it is."""
        self._light()
        if self._has_tabs and self.focused is not None and _within(self.focused, FilterBar):
            self.shown = "log"  # its three lines would fill the log's tail

    def _light(self) -> None:
        """The tabs' rule is drawn as that of the pane below it."""
        pane = self._pane()
        name = "" if pane is None or pane.id is None else pane.id
        self.query_one("#form-tabs", TabStrip).lit = name in FORMS
        self.query_one("#right-tabs", TabStrip).lit = name in (*RIGHT, "script")
        self.query_one("#place-tabs", TabStrip).lit = name == self.shown

    @property
    def wired(self) -> bool:
        """Whether the private network is up."""
        return bool(self.lab.hosts)

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
        else:
            self.notify(_("Only a pane can fill the screen: go to one first."), timeout=3)

    def offers(self, action: Action) -> bool:
        """Whether the action makes sense on this screen."""
        _namespace, name, parameters = parse(action.run)
        return bool(self.check_action(name, parameters))

    def action_help(self) -> None:
        """Explain the pane that has the focus."""
        pane = self._pane()
        topic = "sockets" if pane is None or pane.id is None else pane.id
        everywhere = filter(self.offers, (*self.own_actions, *APP))
        own: list[Widget] = [] if self.focused is None else self._up_to_pane(self.focused)
        self.app.push_screen(HelpScreen(topic, keys_of(own), everywhere))

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
            if isinstance(node, Screen):
                break  # its keys work everywhere
            if isinstance(node, Widget):
                found.append(node)
            if node is pane:
                break
        return found


def _within(widget: Widget, kind: type[Widget]) -> bool:
    return any(isinstance(node, kind) for node in widget.ancestors_with_self)


def tabs(names: Iterable[str]) -> tuple[tuple[str, str, str], ...]:
    """Each pane's name, key and title."""
    return tuple((name, action(_KEYS[name]).key, TOPICS[name].title) for name in names)


_KEYS = {
    **{name: f"pane-{number}" for number, name in enumerate((*PLACES, "script"), start=1)},
    **{name: name for name in FORMS},
}


def _breakpoint(extent: int, breakpoints: list[tuple[int, str]]) -> str:
    """The class for a width or height, as Textual gives it once the screen has its size."""
    return max(found for found in breakpoints if extent >= found[0])[1]
