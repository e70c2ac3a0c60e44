"""Help for the pane that has the focus, and all keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from socklab.i18n import _
from socklab.lab.language import VERBS
from socklab.ui.actions import APP, SCREEN, SOCKETS, Action, key_name
from socklab.ui.help import TOPICS

Row = tuple[str, str, str]
"""A key, what it is called, and what it does."""

_ACTIONS = {action.id: action for action in (*APP, *SCREEN, *SOCKETS)}


class HelpScreen(ModalScreen[None]):
    """What the pane is for, its keys, the keys that work everywhere, and for the console the
    commands. All of it is made from where it is defined."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,q,question_mark", "dismiss", _("Close")),
    ]

    def __init__(self, topic: str, keys: Iterable[Row]) -> None:
        super().__init__()
        self._topic = topic
        self._keys = list(keys)

    def compose(self) -> ComposeResult:
        """One text that scrolls."""
        with VerticalScroll(classes="dialog help") as scroll:
            scroll.border_title = _("Help: {topic}", topic=TOPICS[self._topic].title)
            scroll.border_subtitle = _("Esc closes")
            yield Static(Content("\n").join(self._lines()), id="help-text")

    def on_mount(self) -> None:
        """The keys scroll at once."""
        self.query_one(VerticalScroll).focus()

    def _lines(self) -> Iterator[Content]:
        for paragraph in TOPICS[self._topic].text:
            yield Content(paragraph)
            yield Content("")
        if self._keys:
            yield from _table(_("Keys in this pane"), self._keys)
        yield from _table(_("Keys everywhere"), map(row, (*SCREEN, *APP)))
        if self._topic == "console":
            verbs = ((verb.syntax, "", verb.summary) for verb in VERBS.values())
            yield from _table(_("Commands"), verbs)


def row(action: Action) -> Row:
    """An action as the help shows it."""
    return action.all_keys, action.label, action.help


def keys_of(widgets: Iterable[Widget]) -> Iterator[Row]:
    """The keys that `widgets` have of their own, with what they do."""
    seen: set[str] = set()
    for widget in widgets:
        for binding in (b for key in widget._bindings.key_to_bindings.values() for b in key):
            if binding.description and binding.action not in seen:
                seen.add(binding.action)
                yield _row(widget, binding)


def _row(widget: Widget, binding: Binding) -> Row:
    if binding.id in _ACTIONS:
        return row(_ACTIONS[binding.id])
    keys = [
        key
        for key, bound in widget._bindings.key_to_bindings.items()
        if any(other.action == binding.action for other in bound)
    ]
    return " ".join(map(key_name, keys)), binding.description, binding.tooltip


def _table(title: str, rows: Iterable[Row]) -> Iterator[Content]:
    listed = list(rows)
    widest = min(34, max(len(key) for key, _label, _help in listed))
    labels = max(len(label) for _key, label, _help in listed)
    yield Content.styled(title, "bold $text-primary")
    for key, label, help in listed:
        yield Content.assemble(
            (f"  {key:<{widest}}  ", "bold $text-accent"),
            (f"{label:<{labels}}  " if labels else "", "bold"),
            help,
        )
    yield Content("")
