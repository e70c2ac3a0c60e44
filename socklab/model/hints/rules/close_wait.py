"""A socket that stays in CLOSE_WAIT: its program has not closed what its peer has ended.

The state has no timer (facts E28): it lasts until close(2).
"""

from __future__ import annotations

from socklab.events import State
from socklab.i18n import _
from socklab.model.hints.hint import Hint, Later, Rule
from socklab.model.hints.scene import Scene
from socklab.model.hints.story import Story

LINGERS = 5_000_000_000
"""Nanoseconds in CLOSE_WAIT before it is worth a word."""

_SETTLES = 500_000_000
"""Nanoseconds by which what has happened is recorded."""


def lingers(event: State, story: Story, scene: Scene) -> Hint | Later | None:
    """Still in CLOSE_WAIT seconds after the peer's FIN."""
    row = scene.row(event.sock)
    if event.new != "CLOSE_WAIT" or row is None or row.state != "CLOSE_WAIT":
        return None
    if story.states.get("CLOSE_WAIT") is not event:
        return None
    if scene.now < event.t + LINGERS + _SETTLES:
        return Later(event.t + LINGERS + _SETTLES)
    if row.fd is None and row.program is not None:
        return None  # closed: the kernel sees to the rest
    since = _("{n} s", n=LINGERS // 1_000_000_000)
    if row.program is None:
        text = _(
            "A client that nobody accepted left over {time} ago: CLOSE_WAIT lasts until accept() "
            "and close().",
            time=since,
        )
    else:
        text = _(
            "{who} has been in CLOSE_WAIT for over {time}: its peer has said FIN, and only "
            "close({fd}) ends this side.",
            who=scene.name(story),
            time=since,
            fd=row.fd,
        )
    return scene.hint("close-wait", text, _reason(event, story, scene), event.n, story)


def _reason(event: State, story: Story, scene: Scene) -> int:
    """The event that led to it, or that told the program; at the least, how it began."""
    peer = scene.peer(story)
    if peer is not None and peer.closing is not None:
        return peer.closing.n
    if story.ended is not None:
        return story.ended.n
    if event.cause is not None:
        return event.cause
    listener = scene.story(story.row.listener if story.row is not None else None)
    if story.made is event and listener is not None:
        return listener.calls.get("listen", listener.made).n
    return story.made.n


RULES = (Rule(lingers, (State,)),)
