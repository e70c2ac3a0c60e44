"""Help for the pane that has the focus, and all keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from socklab.i18n import _
from socklab.lab.language import VERBS, Verb
from socklab.ui.actions import APP, SCREEN, Action, key_name
from socklab.ui.help import TOPICS

Row = tuple[str, str, str]
"""A key, what it is called, and what it does."""


class HelpScreen(ModalScreen[None]):
    """What the pane is for, its keys, the keys that work everywhere, and for the console the
    commands. All of it is made from where it is defined."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,q,question_mark", "dismiss", _("Close")),
    ]

    def __init__(
        self, topic: str, keys: Iterable[Row], everywhere: Iterable[Action] = (*SCREEN, *APP)
    ) -> None:
        super().__init__()
        self._topic = topic
        self._keys = list(keys)
        self._everywhere = list(everywhere)

    def compose(self) -> ComposeResult:
        """One text that scrolls."""
        with VerticalScroll(classes="dialog help") as scroll:
            scroll.border_title = _(" Help: {topic} ", topic=TOPICS[self._topic].title)
            scroll.border_subtitle = _(" Esc closes ")
            for paragraph in TOPICS[self._topic].text:
                yield Static(Content(paragraph), classes="paragraph")
            if self._keys:
                yield from _table(_("Keys in this pane"), self._keys)
            if self._topic in _LISTS:
                yield Static(Content.styled(_MOVING, "$foreground 75%"), classes="paragraph")
            if self._topic == "console":
                for group, verbs in groupby(VERBS.values(), lambda verb: verb.group):
                    yield from _commands(_GROUPS[group], verbs)
            yield from _table(_("Keys everywhere"), map(row, self._everywhere))

    def on_mount(self) -> None:
        """The keys scroll at once."""
        self.query_one(VerticalScroll).focus()


def row(action: Action) -> Row:
    """An action as the help shows it."""
    return action.all_keys, action.label, action.help


def keys_of(widgets: Iterable[Widget]) -> Iterator[Row]:
    """The keys that `widgets` have of their own and that do something worth explaining."""
    for widget in widgets:
        bound: dict[str, list[Binding]] = {}
        for _key, binding in widget._bindings:
            if binding.tooltip and binding.id:
                bound.setdefault(binding.id, []).append(binding)
        for bindings in bound.values():
            keys = " ".join(key_name(binding.key) for binding in bindings)
            yield keys, bindings[0].description, bindings[0].tooltip


def _table(title: str, rows: Iterable[Row]) -> ComposeResult:
    yield Static(Content.styled(title, "bold $text-primary"))
    for keys, label, help in rows:
        with HorizontalGroup(classes="row"):
            yield Static(Content.styled(keys, "bold $text-accent"), classes="keys")
            yield Static(Content.styled(label, "bold"), classes="name")
            yield Static(Content(help), classes="what")
    yield Static("")


def _commands(title: str, verbs: Iterable[Verb]) -> ComposeResult:
    yield Static(Content.styled(title, "bold $text-primary"))
    for verb in verbs:
        yield Static(Content.styled(verb.syntax, "bold $text-accent"), classes="syntax")
        yield Static(Content(verb.summary), classes="summary")
    yield Static("")


_LISTS = ("sockets", "ladder", "states", "messages", "inspect", "numbers", "log", "script", "wire")
_MOVING = _("↑ ↓ PgUp PgDn Home End move, Enter opens, y copies; selecting with the mouse copies.")
_GROUPS = {
    "naming": _("Commands: making and naming"),
    "data": _("Commands: data"),
    "ending": _("Commands: ending"),
    "options": _("Commands: options"),
    "composite": _("Commands: several calls in one"),
    "lab": _("Commands: the lab"),
    "network": _("Commands: the network and its wire"),
}
