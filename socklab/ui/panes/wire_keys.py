"""What can be done to the wire now, as keys that can be clicked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual.widget import Widget

from socklab.i18n import _
from socklab.ui.actions import Action
from socklab.ui.panes import wire_actions as actions
from socklab.ui.panes.offers import Offers
from socklab.ui.panes.wire_state import WireState

LOOKING = (actions.FILTER, actions.FOLLOW)
"""All that can be done in a recording."""


class WireKeys(Offers):
    """They are the pane's to carry out."""

    def __init__(self, owner: Widget) -> None:
        super().__init__(id="wire-keys", owner=owner, whole=True)


def keys_for(state: WireState, any_held: bool) -> Sequence[Action]:
    """Those that make sense with the wire as it is, the likeliest first."""
    settings = state.settings
    if not settings.hosts:
        label = _("stop capturing") if settings.capturing else _("capture")
        capture = replace(actions.CAPTURE, label=label)
        return [capture, actions.FILTER, actions.FOLLOW]
    hold = replace(actions.HOLD, label=_("let all go") if settings.holding else _("hold all"))
    plug = replace(actions.PLUG, label=_("plug in") if settings.unplugged else _("unplug"))
    if any_held:
        swap = [actions.SWAP] if len(state.held) > 1 else []
        return [actions.STEP, actions.DELIVER, actions.DROP, actions.DUPLICATE, *swap, hold]
    several = [actions.PAIR] if len(settings.hosts) > 2 else []
    looking = [actions.FILTER, actions.FOLLOW]
    return [
        *(hold, actions.IMPAIR, actions.RULE, plug, *several),
        *(*looking, actions.HOST, actions.KNOB, actions.PLACE),
    ]
