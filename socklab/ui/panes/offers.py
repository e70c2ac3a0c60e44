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
    out, so that none is cut; the later ones go first, but for the last `staying`."""

    ALLOW_SELECT = False

    def __init__(
        self,
        *,
        id: str | None = None,
        owner: Widget | None = None,
        whole: bool = False,
        staying: int = 0,
    ) -> None:
        super().__init__("", id=id, classes="offers")
        self._owner = owner
        self._whole = whole
        self._staying = staying
        self._actions: Sequence[Action] = ()
        self._in_sight: Sequence[Action] = ()
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
        self._in_sight = self._actions
        if self._whole:
            self._in_sight = _fitting(self._actions, self.content_size.width, self._staying)
        chips = [_chip(action) for action in self._in_sight]
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
        for action in self._in_sight:
            right = left + _chip(action).cell_length
            if left <= event.x < right:
                await (self._owner or self.screen).run_action(action.run)
            left = right + _GAP


def _fitting(actions: Sequence[Action], room: int, staying: int) -> list[Action]:
    """Those for which there is room beside the last `staying` ones, and these."""
    going, last = actions[: len(actions) - staying], actions[len(actions) - staying :]
    room += _GAP - sum(_chip(action).cell_length + _GAP for action in last)
    ends = accumulate(_chip(action).cell_length + _GAP for action in going)
    fitting = sum(end <= room for end in ends)
    return [*going[:fitting], *last]


def _chip(action: Action) -> Content:
    return Content.assemble((action.key, "bold $text-accent"), f" {action.label}")
