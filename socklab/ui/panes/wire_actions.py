"""What can be done in the Wire pane."""

from __future__ import annotations

from socklab.i18n import _
from socklab.ui.actions import Action


def _action(id: str, keys: str, label: str, help: str, run: str, title: str = "") -> Action:
    """Without a `title` it isn't offered by the palette: it needs something chosen here."""
    return Action(f"wire-{id}", keys, label, help, run, palette=bool(title), title=title)


HOLD = _action(
    "hold",
    "h",
    _("hold"),
    _("Hold every frame that comes onto the wire, or let all go on again."),
    "hold",
    _("Hold the wire"),
)
STEP = _action(
    "step",
    "space",
    _("step"),
    _("Let the oldest held frame go on to its receiver."),
    "step",
    _("Step the wire"),
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
RULE = _action(
    "rule",
    "r",
    _("rule"),
    _("Drop, hold, duplicate or delay one frame that is still to come: the next SYN, say."),
    "want('rule')",
    _("Rule for a frame"),
)
IMPAIR = _action(
    "impair",
    "i",
    _("impair"),
    _("Set delay, loss and the like, for one direction or both."),
    "impair",
    _("Impair the wire"),
)
PLUG = _action(
    "plug",
    "p",
    _("plug"),
    _("Pull the plug of the host on the right, or put it in again."),
    "plug",
    _("Pull the plug"),
)
PAIR = _action("pair", "o", _("other hosts"), _("Draw the wire between two other hosts."), "pair")
HOST = _action(
    "host",
    "a",
    _("host"),
    _("Add a host to the private network, eight at most."),
    "want('host')",
    _("Add a host"),
)
PLACE = _action(
    "place",
    "m",
    _("place"),
    _("Put a program on a host that its name doesn't say."),
    "want('place')",
    _("Place a program"),
)
KNOB = _action(
    "knob",
    "k",
    _("knobs"),
    _("Read or set a knob of a host's kernel: syn_retries, sack, congestion_control, ..."),
    "want('knob')",
    _("Kernel knobs (sysctl)"),
)
CAPTURE = _action(
    "capture",
    "c",
    _("capture"),
    _("Record the lab's own frames on this machine, or stop that; needs CAP_NET_RAW."),
    "capture",
    _("Capture on this machine"),
)
FILTER = _action(
    "filter",
    "slash",
    _("filter"),
    _("Choose which frames are listed: tcp.flags.syn == 1, udp port 53, host 10.0.0.1, not arp."),
    "filter",
    _("Filter frames"),
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
    *(STEP, DELIVER, DROP, DUPLICATE, SWAP, NEXT, PREVIOUS, HOLD, IMPAIR, RULE, PLUG, PAIR),
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
    *(HOST, PLACE, KNOB, CAPTURE),
    BACK,
)
"""All of them, in the order of the help."""

ON_THE_WIRE = frozenset({"step", "do", "swap", "hold", "impair", "plug", "pair", "want"})
"""What there must be a wire for."""

ACTING = ON_THE_WIRE | {"capture"}
"""What does something, and so can't be done in a recording."""
