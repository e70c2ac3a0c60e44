"""What can be done with what is selected, as a line of keys that can be clicked."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from socklab.ui.actions import Action

_GAP = 2


class Offers(Static):
    """Each action's key and name; a click has the owner (else the screen) carry it out.
    Or a sentence where there is nothing to do."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None, owner: Widget | None = None) -> None:
        super().__init__("", id=id, classes="offers")
        self._owner = owner
        self._actions: Sequence[Action] = ()
        self._shown: tuple[object, ...] = ()

    def offer(self, actions: Sequence[Action], otherwise: str = "") -> None:
        """Show `actions`, which the owner carries out, or a text where there are none."""
        shown = (tuple(actions), otherwise)
        if shown == self._shown:
            return
        self._shown, self._actions = shown, actions
        chips = [_chip(action) for action in actions]
        content = Content(" " * _GAP).join(chips) if chips else Content(otherwise)
        self.update(content, layout=False)
        self.tooltip = "\n".join(f"{action.key}  {action.help}" for action in actions) or None

    async def on_click(self, event: events.Click) -> None:
        """Run the action that was clicked."""
        left = self.gutter.left
        for action in self._actions:
            right = left + _chip(action).cell_length
            if left <= event.x < right:
                await (self._owner or self.screen).run_action(action.run)
            left = right + _GAP


def _chip(action: Action) -> Content:
    return Content.assemble((action.key, "bold $text-accent"), f" {action.label}")
