"""One line of tabs: each with its key, the active one in reverse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

Tab = tuple[str, str, str]
"""Name, key and title."""


class Label(NamedTuple):
    """A tab as it is written: from which cell on, its key, its title."""

    name: str
    start: int
    key: str
    title: str

    @property
    def stop(self) -> int:
        """The first cell behind it."""
        return self.start + _width(self.key) + _width(self.title)


class TabStrip(Widget):
    """Tabs by name, each with its key and title. What a click on one leads to is for others."""

    ALLOW_SELECT = False

    active: reactive[str] = reactive("")
    tabs: reactive[tuple[Tab, ...]] = reactive(())
    lit: reactive[bool] = reactive(False)
    """Whether the pane below it has the focus."""

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, tabs: Sequence[Tab], active: str, *, id: str) -> None:
        super().__init__(id=id)
        self.set_reactive(TabStrip.tabs, tuple(tabs))
        self.set_reactive(TabStrip.active, active)

    def render(self) -> Content:
        """`─ F2 Server ─ F3 Client ────`: a rule that carries the tabs."""
        rule, colour = ("━", "$border") if self.lit else ("─", "$border-blurred")
        parts: list[Content] = []
        at = 0
        for label in self._labels():
            active = label.name == self.active
            look = "bold reverse $text-primary" if active else "$foreground 80%"
            parts.append(Content.styled(rule * (label.start - at), colour))
            parts.append(Content.styled(label.key, look if active else "$text-accent"))
            parts.append(Content.styled(label.title, look))
            at = label.stop
        parts.append(Content.styled(rule * max(0, self.size.width - at), colour))
        return Content.assemble(*parts)

    def _labels(self) -> list[Label]:
        return labels(self.tabs, self.active, self.size.width)

    def on_click(self, event: events.Click) -> None:
        """Which tab was it?"""
        for label in self._labels():
            if label.start <= event.x < label.stop:
                self.post_message(self.Chosen(label.name))


def labels(tabs: Sequence[Tab], active: str, width: int) -> list[Label]:
    """The tabs as they are written on `width` cells: as roomy as fits, and where nothing does,
    with the longest titles cut short, but for the active one's."""
    roomy = _placed([(name, f" {key} " if key else " ", f"{title} ") for name, key, title in tabs])
    if _fits(roomy, width):
        return roomy
    names, titles = [name for name, _key, _title in tabs], [title for _name, _key, title in tabs]
    keys = [f"{key} " if key else "" for _name, key, _title in tabs]
    while True:
        tight = _placed(list(zip(names, keys, titles, strict=True)))
        others = [at for at, name in enumerate(names) if name != active and len(titles[at]) > 1]
        if _fits(tight, width) or not others:
            return tight
        longest = max(others, key=lambda at: (len(titles[at]), at))
        titles[longest] = titles[longest][:-1]


def _placed(tabs: Sequence[Tab]) -> list[Label]:
    """One behind the other with a cell of the rule between; the first has one before it where it
    has a margin too."""
    placed: list[Label] = []
    at = 1 if tabs and tabs[0][1].startswith(" ") else 0
    for name, key, title in tabs:
        placed.append(Label(name, at, key, title))
        at = placed[-1].stop + 1
    return placed


def _fits(placed: Sequence[Label], width: int) -> bool:
    return not placed or placed[-1].stop <= width


def _width(text: str) -> int:
    return Content(text).cell_length
