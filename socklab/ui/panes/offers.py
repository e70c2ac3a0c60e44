"""What can be done with what is selected, as a line of keys that can be clicked."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.style import Style
from textual.widgets import Static

from socklab.ui.actions import Action


class Offers(Static):
    """Each action's key and name; a click runs it."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__("", id=id, classes=classes)
        self._shown: tuple[object, ...] = ()

    def offer(self, actions: Sequence[Action], otherwise: str = "") -> None:
        """Show `actions`, which the screen carries out, or a text where there are none."""
        shown = (tuple(actions), otherwise)
        if shown == self._shown:
            return
        self._shown = shown
        chips = [_chip(action) for action in actions]
        self.update(Content("  ").join(chips) if chips else Content(otherwise))


def _chip(action: Action) -> Content:
    text = Content.assemble((action.key, "bold $text-accent"), f" {action.label}")
    return text.stylize(Style.from_meta({"@click": f"screen.{action.run}"}))
