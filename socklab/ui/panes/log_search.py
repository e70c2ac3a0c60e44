"""The line below the Log in which one types what to look for."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from socklab.i18n import _


class SearchBar(HorizontalGroup):
    """A field, and beside it how the search stands."""

    DEFAULT_CSS = """
    SearchBar {
        background: $panel; padding: 0 1; height: 1; display: none; dock: bottom;
        &.-open { display: block; }
        & > .sign { width: 2; color: $text-accent; }
        & > Input { width: 1fr; }
        & > .status { width: auto; color: $foreground 80%; margin-left: 2; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", _("End the search"), show=False),
        Binding("down", "seek(1)", _("Next match"), show=False),
        Binding("up", "seek(-1)", _("Previous match"), show=False),
    ]

    class Typed(Message):
        """The text to look for is another one."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Asked(Message):
        """The next match is asked for, or (`direction` -1) the previous one."""

        def __init__(self, direction: int) -> None:
            super().__init__()
            self.direction = direction

    class Left(Message):
        """The bar has done its work: the text was submitted, or (`dropped`) Escape pressed."""

        def __init__(self, dropped: bool) -> None:
            super().__init__()
            self.dropped = dropped

    def __init__(self) -> None:
        super().__init__(disabled=True)
        self._said = ""
        self._typing = False

    def compose(self) -> ComposeResult:
        """A slash, the field, the status."""
        yield Static("/", classes="sign")
        yield Input(placeholder=_("search the log"), compact=True)
        yield Static("", classes="status")

    def open(self) -> None:
        """Show the bar and type into it."""
        self.disabled = False
        self.add_class("-open")
        self._typing = True
        self.query_one(Input).focus()

    def keep_focus(self) -> None:
        """Type into the bar after all, unless that is over."""
        if self._typing:
            self.query_one(Input).focus()

    def close(self) -> None:
        """Hide the bar and forget what was typed."""
        self.remove_class("-open")
        self.disabled = True
        with self.prevent(Input.Changed):
            self.query_one(Input).value = ""
        self.say("")

    def say(self, text: str) -> None:
        """Tell how the search stands."""
        if text != self._said:
            self._said = text
            self.query_one(".status", Static).update(Content(text))

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Typed(event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._typing = False
        self.post_message(self.Left(dropped=False))

    def action_leave(self) -> None:
        """End the search."""
        self._typing = False
        self.post_message(self.Left(dropped=True))

    def action_seek(self, direction: int) -> None:
        """Go on to the next match, or back to the previous one."""
        self.post_message(self.Asked(direction))
