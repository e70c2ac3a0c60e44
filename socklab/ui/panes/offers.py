"""What can be done with what is selected, as a line of keys that can be clicked."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from textual import events
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from socklab.ui.actions import Action

_GAP = 2


class Offers(Static):
    """Each action's key and name; a click has the owner (else the screen) carry it out.
    Or a sentence where there is nothing to do. `whole`: those for which there is no room are left
    out, so that none is cut."""

    ALLOW_SELECT = False

    def __init__(
        self, *, id: str | None = None, owner: Widget | None = None, whole: bool = False
    ) -> None:
        super().__init__("", id=id, classes="offers")
        self._owner = owner
        self._whole = whole
        self._actions: Sequence[Action] = ()
        self._shown: tuple[object, ...] = ()

    def offer(self, actions: Sequence[Action], otherwise: str = "") -> None:
        """Show `actions`, which the owner carries out, or a text where there are none."""
        shown = (tuple(actions), otherwise)
        if shown == self._shown:
            return
        self._shown, self._actions = shown, actions
        self._write()
        told = "\n".join(f"{action.key}  {action.help}" for action in actions)
        self.tooltip = Content(told) if told else None  # a key may be [, which is no markup

    def _write(self) -> None:
        chips = [_chip(action) for action in self._actions]
        if self._whole:
            chips = chips[: _fitting(chips, self.content_size.width)]
        otherwise = self._shown[1] if self._shown else ""
        content = Content(" " * _GAP).join(chips) if chips else Content(str(otherwise))
        self.update(content, layout=False)

    def on_resize(self) -> None:
        """There may be room for more, or for less."""
        if self._whole:
            self._write()

    async def on_click(self, event: events.Click) -> None:
        """Run the action that was clicked."""
        left = self.gutter.left
        for action in self._actions:
            right = left + _chip(action).cell_length
            if left <= event.x < right:
                await (self._owner or self.screen).run_action(action.run)
            left = right + _GAP


def _fitting(chips: Sequence[Content], room: int) -> int:
    """For how many of them there is room."""
    ends = accumulate(chip.cell_length + _GAP for chip in chips)
    return sum(end - _GAP <= room for end in ends)


def _chip(action: Action) -> Content:
    return Content.assemble((action.key, "bold $text-accent"), f" {action.label}")
