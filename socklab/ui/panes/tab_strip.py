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
        parts: list[Content] = []
        for name, (key, title) in zip(self._names, self._labels(), strict=True):
            look = "bold reverse $text-primary" if name == self.active else "$foreground 80%"
            parts.append(Content.styled(rule, colour))
            parts.append(Content.styled(key, look if name == self.active else "$text-accent"))
            parts.append(Content.styled(title, look))
        line = Content.assemble(*parts)
        rest = rule * max(0, self.size.width - line.cell_length)
        return Content.assemble(line, Content.styled(rest, colour))

    @property
    def _names(self) -> list[str]:
        return [name for name, _key, _title in self.tabs]

    def _labels(self) -> list[tuple[str, str]]:
        """Key and title of each as they are written: as roomy as the width allows."""
        for form in (_roomy, _tight, _brief):
            labels = [form(key, title, name == self.active) for name, key, title in self.tabs]
            if sum(1 + _width(label) for label in labels) <= self.size.width:
                break
        return labels

    def on_click(self, event: events.Click) -> None:
        """Which tab was it?"""
        left = 1
        for name, label in zip(self._names, self._labels(), strict=True):
            right = left + _width(label)
            if left <= event.x < right:
                self.post_message(self.Chosen(name))
            left = right + 1


def _width(label: tuple[str, str]) -> int:
    return Content("".join(label)).cell_length


def _roomy(key: str, title: str, active: bool) -> tuple[str, str]:
    return (f" {key} " if key else " ", f"{title} ")


def _tight(key: str, title: str, active: bool) -> tuple[str, str]:
    return (f"{key} " if key else "", title)


def _brief(key: str, title: str, active: bool) -> tuple[str, str]:
    return _tight(key, title, active) if active or not key else (f" {key} ", "")
