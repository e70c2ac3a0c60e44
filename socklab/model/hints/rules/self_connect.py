"""A socket that is connected to itself (facts E15)."""

from __future__ import annotations

from socklab.events import Call
from socklab.i18n import _
from socklab.model.addresses import unmapped
from socklab.model.hints.hint import Hint, Rule
from socklab.model.hints.scene import Scene
from socklab.model.hints.story import Story


def self_connect(call: Call, story: Story, scene: Scene) -> Hint | None:
    """connect(2) went to the socket's own port."""
    row = story.row
    if call.error is not None or story.kind != "tcp" or row is None:
        return None
    if row.local is None or row.remote is None or unmapped(row.local) != unmapped(row.remote):
        return None
    text = _(
        "{who} is connected to itself: it called its own port, and no server is needed for that.",
        who=scene.name(story),
    )
    before = story.calls.get("bind") or story.made
    return scene.hint("self-connect", text, before.n, call.n, story)


RULES = (Rule(self_connect, ("connect",)),)
