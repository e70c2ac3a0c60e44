"""Why a connection was reset, where an end of the lab's has done it."""

from __future__ import annotations

from socklab.events import Call, State
from socklab.i18n import _
from socklab.model.escaping import plain
from socklab.model.hints.hint import Hint, Rule
from socklab.model.hints.scene import Scene
from socklab.model.hints.story import Story
from socklab.model.units import size_text

_ALIVE = frozenset({"ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2"})


def was_reset(event: Call | State, story: Story, scene: Scene) -> Hint | None:
    """A call told of a reset, or the state shows it."""
    if story.kind != "tcp" or (isinstance(event, State) and not _shows_reset(event)):
        return None
    peer = scene.peer(story)
    if peer is not None and "close" in peer.calls:
        return _by_close(event.n, story, peer, scene)
    if "close" in story.calls and isinstance(event, State):
        return _own_close(event, story, scene)
    return _never_accepted(event, story, peer, scene)


def told_before(close: Call, story: Story, scene: Scene) -> Hint | None:
    """The peer was told of the reset before this close(2), which caused it, returned."""
    peer = scene.peer(story)
    told = None if peer is None else peer.reset
    if peer is None or told is None or told.t + told.duration < close.t:
        return None
    return _by_close(told.n, peer, story, scene) if close.error is None else None


def _shows_reset(event: State) -> bool:
    # After a FIN the way to CLOSE leads through other states, and a reset gives EPIPE.
    return event.new == "CLOSE" and event.old in _ALIVE


def _by_close(n: int, story: Story, peer: Story, scene: Scene) -> Hint | None:
    """The peer's close(2) sent RST instead of FIN (RFC 9293, 3.10.4; RFC 2525, 2.17)."""
    close = peer.calls["close"]
    if peer.lingers_not:
        text = _(
            "{who} closed with linger 0: that sends RST instead of FIN, and what was on its way "
            "is lost.",
            who=scene.name(peer),
        )
        return scene.hint("linger-reset", text, close.n, n, story)
    if not peer.unread:
        return None
    return scene.hint("unread-reset", _thrown_away(peer, scene), close.n, n, peer)


def _own_close(event: State, story: Story, scene: Scene) -> Hint | None:
    """The same, seen at the end that closed."""
    if story.lingers_not or not story.unread or event.old != "ESTABLISHED":
        return None
    close = story.calls["close"]
    return scene.hint("unread-reset", _thrown_away(story, scene), close.n, event.n, story)


def _thrown_away(closer: Story, scene: Scene) -> str:
    return _(
        "{who} closed before it had read all that it was sent ({size} left): the peer gets RST "
        "instead of FIN.",
        who=scene.name(closer),
        size=size_text(closer.unread),
    )


def _never_accepted(
    event: Call | State, story: Story, peer: Story | None, scene: Scene
) -> Hint | None:
    """The connection still waited for accept(2) when its listening socket was closed (E05)."""
    row, connect = story.row, story.calls.get("connect")
    if row is None or row.remote is None or connect is None:
        return None
    if story.peer is not None and (peer is None or peer.accept is not None):
        return None
    close = scene.gone_at(row.remote, story)
    if close is None or close.n < connect.n:
        return None
    text = _(
        "{program} closed its listening socket while this connection waited for accept(): the "
        "kernel resets those.",
        program=plain(close.program or "?"),
    )
    return scene.hint("never-accepted", text, close.n, event.n, story)


RULES = (Rule(was_reset, ("ECONNRESET", State)), Rule(told_before, ("close",)))
