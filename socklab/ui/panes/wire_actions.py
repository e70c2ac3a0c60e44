"""What can be done in the Wire pane."""

from __future__ import annotations

from socklab.i18n import _
from socklab.ui.actions import Action


def _action(id: str, keys: str, label: str, help: str, run: str) -> Action:
    return Action(f"wire-{id}", keys, label, help, run, palette=False)


HOLD = _action(
    "hold",
    "h",
    _("hold"),
    _("Hold every frame that comes onto the wire, or let all go on again."),
    "hold",
)
STEP = _action(
    "step", "space", _("step"), _("Let the oldest held frame go on to its receiver."), "step"
)
DELIVER = _action(
    "deliver",
    "d",
    _("deliver"),
    _("Let the chosen held frame go on, before others."),
    "do('deliver')",
)
DROP = _action(
    "drop", "x", _("drop"), _("Lose the chosen held frame: nobody is told."), "do('drop')"
)
DUPLICATE = _action(
    "duplicate",
    "u",
    _("duplicate"),
    _("Let the chosen held frame go on twice."),
    "do('duplicate')",
)
SWAP = _action(
    "swap", "w", _("swap"), _("Let the chosen held frame and the next one change places."), "swap"
)
NEXT = _action("next", "n", _("next"), _("Choose the next held frame."), "choose_held(1)")
PREVIOUS = _action(
    "previous", "N", _("previous"), _("Choose the held frame before this one."), "choose_held(-1)"
)
IMPAIR = _action(
    "impair",
    "i",
    _("impair"),
    _("Set delay, loss and the like, for one direction or both."),
    "impair",
)
PLUG = _action(
    "plug", "p", _("plug"), _("Pull the plug of the host on the right, or put it in again."), "plug"
)
PAIR = _action("pair", "o", _("other hosts"), _("Draw the wire between two other hosts."), "pair")
FILTER = _action(
    "filter",
    "slash",
    _("filter"),
    _("Choose which frames are listed: tcp.flags.syn == 1, udp port 53, host 10.0.0.1, not arp."),
    "filter",
)
FOLLOW = _action(
    "follow",
    "f",
    _("follow"),
    _("List only the frames of this connection, or all again."),
    "follow",
)
BACK = _action("back", "escape", _("back"), _("Close the details; then clear the filter."), "back")

WIRE: tuple[Action, ...] = (
    *(STEP, DELIVER, DROP, DUPLICATE, SWAP, NEXT, PREVIOUS, HOLD, IMPAIR, PLUG, PAIR),
    *(FILTER, FOLLOW),
    _action(
        "connection-before", "left", _("previous"), _("Follow the connection before."), "other(-1)"
    ),
    _action(
        "connection-after",
        "right",
        _("next"),
        _("Follow the connection after this one."),
        "other(1)",
    ),
    BACK,
)
"""All of them, in the order of the help."""

ON_HELD = (STEP, DELIVER, DROP, DUPLICATE, SWAP, NEXT)
"""What can be done to what waits."""

ACTING = frozenset({"step", "do", "swap", "hold", "impair", "plug"})
"""What does something, and so can't be done in a recording."""
