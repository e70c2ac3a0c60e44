"""The panes as tabs, for a screen that has no room for all of them at once."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from socklab.i18n import _

_TITLES = {
    "sockets": _("Sockets"),
    "start": _("Start"),
    "messages": _("Messages"),
    "details": _("Details"),
    "log": _("Log"),
    "script": _("Script"),
}


class PaneTabs(Widget):
    """One line. The number before a tab is its key in any list."""

    ALLOW_SELECT = False

    active: reactive[str] = reactive("sockets")
    with_script: reactive[bool] = reactive(False)

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def _tabs(self) -> list[tuple[str, str]]:
        """Name and text of each tab."""
        return [
            (name, f" {number} {title} ")
            for number, (name, title) in enumerate(_TITLES.items(), start=1)
            if name != "script" or self.with_script
        ]

    def render(self) -> Content:
        """The active one in reverse."""
        parts = [
            (text, "bold reverse $primary" if name == self.active else "")
            for name, text in self._tabs()
        ]
        return Content(" ").join(Content.styled(text, style) for text, style in parts)

    def on_click(self, event: events.Click) -> None:
        """Which tab was it?"""
        left = 0
        for name, text in self._tabs():
            if left <= event.x < left + len(text):
                self.post_message(self.Chosen(name))
            left += len(text) + 1
