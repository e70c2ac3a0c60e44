"""A small on-off switch whose state can be read without colours: ☑ calls, ☐ gauges."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static

from socklab.i18n import _

ON, OFF = "☑", "☐"


class Toggle(Static, can_focus=True):
    """One word that is on or off; Space, Enter or a click changes it."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Toggle {
        width: auto; height: 1; margin-right: 2; color: $foreground 62%; pointer: pointer;
        &.-on { color: $foreground; }
        &:focus { text-style: bold reverse; }
        &:hover { text-style: underline; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,enter", "flip", _("Change"), show=False),
    ]

    value: reactive[bool] = reactive(False, init=False)

    class Changed(Message):
        """The switch was moved."""

        def __init__(self, toggle: Toggle) -> None:
            super().__init__()
            self.toggle = toggle

        @property
        def control(self) -> Toggle:
            """The switch."""
            return self.toggle

    def __init__(
        self, label: str, value: bool = False, *, id: str | None = None, tooltip: str = ""
    ) -> None:
        super().__init__("", id=id)
        self._label = label
        self.set_reactive(Toggle.value, value)
        self.tooltip = tooltip or None
        self._show()

    def set(self, value: bool) -> None:
        """Move the switch without telling anybody."""
        if value != self.value:
            self.set_reactive(Toggle.value, value)
            self._show(layout=False)

    def watch_value(self) -> None:
        """Show the new state and tell of it."""
        self._show(layout=False)
        self.post_message(self.Changed(self))

    def _show(self, *, layout: bool = True) -> None:
        """Both ways it is as wide, and to lay the screen out anew takes longer than to draw it."""
        self.set_class(self.value, "-on")
        self.update(Content(f"{ON if self.value else OFF} {self._label}"), layout=layout)

    def action_flip(self) -> None:
        """Change it."""
        self.value = not self.value

    def on_click(self) -> None:
        """A click changes it too."""
        self.action_flip()
