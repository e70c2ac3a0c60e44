"""One line of tabs: each with its key, the active one in reverse."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget


class TabStrip(Widget):
    """Tabs by name, each with its key and title. What a click on one leads to is for others."""

    ALLOW_SELECT = False

    active: reactive[str] = reactive("")
    tabs: reactive[tuple[tuple[str, str, str], ...]] = reactive(())
    """Name, key and title of each."""

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, tabs: Sequence[tuple[str, str, str]], active: str, *, id: str) -> None:
        super().__init__(id=id)
        self.set_reactive(TabStrip.tabs, tuple(tabs))
        self.set_reactive(TabStrip.active, active)

    def render(self) -> Content:
        """`─ F2 Server ─ F3 Client ────`: a rule that carries the tabs."""
        focused = self.has_class("-focused")
        rule = "━" if focused else "─"
        colour = "$border" if focused else "$border-blurred"
        line = Content.styled(rule, colour)
        for name, key, title in self.tabs:
            active = name == self.active
            look = "bold reverse $text-primary" if active else "$foreground 80%"
            line = Content.assemble(
                line,
                Content.styled(f" {key} " if key else " ", look if active else "$text-accent"),
                Content.styled(f"{title} ", look),
                Content.styled(rule, colour),
            )
        return Content.assemble(
            line, Content.styled(rule * max(0, self.size.width - line.cell_length), colour)
        )

    def on_click(self, event: events.Click) -> None:
        """Which tab was it?"""
        left = 1
        for name, key, title in self.tabs:
            right = left + Content(f" {key} {title} " if key else f" {title} ").cell_length
            if left <= event.x < right:
                self.post_message(self.Chosen(name))
            left = right + 1
