"""Sends that go nowhere: EPIPE in its several meanings, and the send that still succeeds."""

from __future__ import annotations

from socklab.events import Call
from socklab.i18n import _
from socklab.model.hints.hint import SENT, Hint, Rule
from socklab.model.hints.scene import Scene
from socklab.model.hints.story import Story


def broken(call: Call, story: Story, scene: Scene) -> Hint | None:
    """A send gave EPIPE: facts E04, E20, E21 and E48."""
    if story.kind != "tcp" or call.cut:
        return None
    if "listen" in story.calls:
        return _listening(call, story, scene)
    if story.accept is None and story.connecting is None:
        return _never_connected(call, story, scene)
    if story.shut_writing is not None:
        text = _(
            "EPIPE comes from this program's own {shutdown}: it can receive, but send no more.",
            shutdown=f"shutdown({call.fd}, {story.shut_writing.args[0]})",
        )
        return scene.hint("own-shutdown", text, story.shut_writing.n, call.n, story)
    return _peer_closed(call, story, scene)


def not_connected(call: Call, story: Story, scene: Scene) -> Hint | None:
    """A receive on the listening socket gave ENOTCONN."""
    return _listening(call, story, scene) if "listen" in story.calls else None


def _listening(call: Call, story: Story, scene: Scene) -> Hint | None:
    text = _(
        "{who} is the listening socket, which never carries data: use the descriptor that "
        "accept() returns.",
        who=scene.name(story),
    )
    return scene.hint("listener-data", text, story.calls["listen"].n, call.n, story)


def _never_connected(call: Call, story: Story, scene: Scene) -> Hint | None:
    failed = story.failures.get("connect")
    text = _(
        "EPIPE means here that this socket was never connected: Linux says that where books "
        "promise ENOTCONN."
    )
    before = story.made if failed is None else failed
    return scene.hint("not-connected", text, before.n, call.n, story)


def _peer_closed(call: Call, story: Story, scene: Scene) -> Hint | None:
    sign = _end(story, scene)
    if sign is None or story.reset is not None:
        return None
    text = _(
        "EPIPE: the peer had closed before. Its FIN is the sign to stop sending: recv = 0, state "
        "CLOSE_WAIT."
    )
    return scene.hint("epipe", text, sign, call.n, story)


def _end(story: Story, scene: Scene) -> int | None:
    """The event that shows the peer's FIN."""
    peer, state = scene.peer(story), story.states.get("CLOSE_WAIT")
    if story.ended is not None and story.shut_reading is None:
        return story.ended.n
    if state is not None:
        return state.n
    closing = None if peer is None or peer.unread or peer.lingers_not else peer.closing
    return None if closing is None else closing.n


def sent_to_closed(call: Call, story: Story, scene: Scene) -> Hint | None:
    """A send succeeded though nobody can receive it any more (E20, E39)."""
    peer = scene.peer(story)
    close = None if peer is None else peer.calls.get("close")
    if close is None or not call.result or call.t < close.t + close.duration:
        return None
    if story.ended is None and "CLOSE_WAIT" not in story.states:
        return None
    text = _(
        "{call} = {size} succeeded, but the peer had closed: the answer is RST, and the next send "
        "gives EPIPE.",
        call=call.name,
        size=call.result,
    )
    return scene.hint("sent-to-closed", text, close.n, call.n, story)


RULES = (
    Rule(broken, ("EPIPE",)),
    Rule(not_connected, ("ENOTCONN",)),
    Rule(sent_to_closed, (SENT,)),
)
