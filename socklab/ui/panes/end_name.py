"""The name of one end of a connection, at the head of a pane."""

from __future__ import annotations

from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from socklab.ui.panes.painting import literal


class EndName(Static):
    """One end's name: ● if it is shown, ○ if a click would show it."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    EndName { width: auto; height: 1; margin-right: 3; text-wrap: nowrap; display: none; }
    EndName.-known { display: block; }
    EndName:hover { text-style: underline; }
    """

    class Clicked(Message):
        """Show this end."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    def __init__(self, place: int) -> None:
        super().__init__("", id=f"number-end-{place}")
        self._place = place
        self._said = Content()

    def say(self, name: str, shown: bool) -> None:
        """The end's name, "" for one that isn't in the lab."""
        style = ("$text-primary", "$text-secondary")[self._place]
        said = literal(("● " if shown else "○ ") + name, style if shown else "")
        self.set_class(bool(name), "-known")
        if said != self._said:
            self._said = said
            self.update(said)

    def on_click(self) -> None:
        """Ask for it."""
        self.post_message(self.Clicked(self._place))
