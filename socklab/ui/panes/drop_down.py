"""A choice of one word among a few: one line, and a list below it while it is open.

Textual's own Select is six widgets, of which all but the list are laid out, styled and drawn with
every other widget of the screen; this is one, and the list is made when it is opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import OptionList

from socklab.i18n import _
from socklab.ui.panes.painting import literal

_ARROW = 2
"""Cells of the arrow, with the blank before it."""

SEARCH = 0.7
"""Seconds after which what is typed begins another word."""


class DropDownList(OptionList):
    """What can be chosen, over everything else on the screen. What is typed goes to the option in
    which it stands earliest."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    DropDownList {
        overlay: screen; offset: 0 1; constrain: inside inside;
        width: auto; min-width: 100%; max-width: 100vw; height: auto; max-height: 12; padding: 0 1;
        text-wrap: nowrap; text-overflow: ellipsis; background: $panel;
        &, &:focus { border: round $border; background-tint: transparent; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", _("Close the list"), show=False),
    ]

    class Dismissed(Message):
        """Nothing else is chosen."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._typed, self._typed_at = "", 0.0

    def on_mount(self) -> None:
        """Keys go here."""
        self.focus(scroll_visible=False)

    def on_key(self, event: events.Key) -> None:
        """Go to the option that says what is typed."""
        if event.character is None or not event.is_printable:
            return
        event.stop()
        event.prevent_default()
        self._typed = event.character if self._pause(event.time) else self._typed + event.character
        if (found := self._find(self._typed.casefold())) is not None:
            self.highlighted = found

    def _pause(self, now: float) -> bool:
        """Whether so long after the last letter another word begins."""
        before, self._typed_at = self._typed_at, now
        return now - before > SEARCH

    def _find(self, text: str) -> int | None:
        places = [str(option.prompt).casefold().find(text) for option in self.options]
        found = [(place, index) for index, place in enumerate(places) if place >= 0]
        return min(found)[1] if found else None

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Letters are for the search."""
        return character is not None and character.isprintable()

    def action_dismiss(self) -> None:
        """Back to where it was opened, which closes it."""
        assert isinstance(self.parent, DropDown)
        self.parent.focus()

    def on_blur(self) -> None:
        """Without the focus it is over, unless the whole terminal has lost it. A click that took
        the focus away does no more than that."""
        if self.app.app_focus:
            self.suppress_click()
            self.post_message(self.Dismissed())


class DropDown(Widget, can_focus=True):
    """Offers `options`, each a text to show and its value. Enter, Space, an arrow key or a click
    opens the list; there one types to get to an option.

    `value` is what is chosen. With a `prompt` nothing need be chosen (None): it stands there then,
    and before the options. Without one the first option is the default.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    DropDown {
        width: 1fr; height: 1; layout: vertical; overflow: hidden; pointer: pointer;
        background: $surface;
        &:focus { background-tint: $foreground 5%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space,down,up", "open", _("Show the list"), show=False),
    ]

    value: reactive[str | None] = reactive(None, init=False)

    class Changed(Message):
        """Something else is chosen."""

        def __init__(self, drop_down: DropDown) -> None:
            super().__init__()
            self.drop_down = drop_down
            self.value = drop_down.value

        @property
        def control(self) -> DropDown:
            """Where."""
            return self.drop_down

    def __init__(
        self,
        options: Iterable[tuple[str, str]] = (),
        *,
        prompt: str | None = None,
        value: str | None = None,
        id: str | None = None,
        classes: str | None = None,
        tooltip: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._prompt = prompt
        self._options = tuple(options)
        self._list: DropDownList | None = None
        self.tooltip = tooltip
        self.set_reactive(DropDown.value, self._default if value is None else value)

    @property
    def options(self) -> Sequence[tuple[str, str]]:
        """What can be chosen: text and value."""
        return self._options

    def offer(self, options: Iterable[tuple[str, str]]) -> None:
        """Other options. What was chosen stays so if it is among them."""
        self._options = tuple(options)
        if self.value not in self._values():
            self.value = self._default
        if self._list is not None:
            self._fill(self._list)
        self.refresh()

    def validate_value(self, value: str | None) -> str | None:
        """Raises ValueError for what isn't offered."""
        if value not in self._values():
            raise ValueError(f"{value!r} is not among the options")
        return value

    def watch_value(self) -> None:
        """Tell of it."""
        self.post_message(self.Changed(self))

    @property
    def _default(self) -> str | None:
        return self._options[0][1] if self._options and self._prompt is None else None

    def _values(self) -> list[str | None]:
        """By their place in the list."""
        nothing = [] if self._prompt is None else [None]
        return [*nothing, *(value for _text, value in self._options)]

    def _texts(self) -> list[Content]:
        """What the list says."""
        nothing = [] if self._prompt is None else [Content.styled(self._prompt, "dim")]
        return [*nothing, *(literal(text) for text, _value in self._options)]

    # On its line

    def render(self) -> Content:
        """`echo    ▼`."""
        width = self.content_size.width
        if self.value is None:
            text, look = self._prompt or "", "$foreground 50%"
        else:
            text = next(text for text, value in self._options if value == self.value)
            look = "$foreground"
        room = max(0, width - _ARROW)
        choice = literal(text).truncate(room, ellipsis=True, pad=True).stylize(look)
        return Content.assemble(choice, (" ▲" if self.is_open else " ▼", "$foreground 50%"))

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Room for the longest option."""
        return max((text.cell_length for text in self._texts()), default=0) + _ARROW

    # The list

    @property
    def is_open(self) -> bool:
        """Whether the list shows."""
        return self._list is not None

    def action_open(self) -> None:
        """Show the list, and in it what is chosen."""
        if self._list is None:
            self._list = DropDownList()
            self._fill(self._list)
            self.mount(self._list)
            self.refresh()

    def _fill(self, shown: DropDownList) -> None:
        shown.set_options(self._texts())
        shown.highlighted = self._values().index(self.value)

    @on(DropDownList.Dismissed)
    def close(self) -> None:
        """Show the list no more."""
        if self._list is not None:
            self._list.remove()
            self._list = None
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        """A click opens it. One that closes it takes the focus from the list first."""
        event.stop()
        self.action_open()

    @on(DropDownList.OptionSelected)
    def _chosen(self, event: DropDownList.OptionSelected) -> None:
        event.stop()
        self.value = self._values()[event.option_index]
        self.focus()  # which closes the list
