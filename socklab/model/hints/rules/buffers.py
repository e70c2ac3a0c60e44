"""Full buffers: a send that blocks, that would, or that is taken only in part (E35, E36)."""

from __future__ import annotations

from socklab.events import Call, Event, Gauge, Wait
from socklab.i18n import _
from socklab.model.hints.hint import SENT, Hint, Rule
from socklab.model.hints.scene import Scene
from socklab.model.hints.story import Story
from socklab.model.messages import flags_of
from socklab.model.transfers import SENDS
from socklab.model.units import size_text


def blocked(event: Wait, story: Story, scene: Scene) -> Hint | None:
    """A program is blocked in a send."""
    if event.name not in SENDS or story.kind != "tcp":
        return None
    gauge = _gauge(story, scene)
    return None if gauge is None else _waits(event, story, gauge, scene)


def measured(event: Gauge, story: Story, scene: Scene) -> Hint | None:
    """The same, where the bytes that don't go away are seen only later."""
    if story.kind != "tcp":
        return None
    for wait in scene.table.now_blocked.values():
        sender = scene.story(wait.sock)
        if wait.name in SENDS and sender is not None:
            peer = scene.peer(sender)
            shows = event.recv_queue if peer is story else event.send_queue
            if shows and (sender is story or peer is story):
                return _waits(wait, sender, event, scene)
    return None


def _gauge(story: Story, scene: Scene) -> Gauge | None:
    """The look that shows bytes which wait: unread at the peer, or unsent here."""
    peer = scene.peer(story)
    if peer is not None and peer.gauge is not None and peer.gauge.recv_queue:
        return peer.gauge
    return story.gauge if story.gauge is not None and story.gauge.send_queue else None


def _waits(wait: Wait, story: Story, gauge: Gauge, scene: Scene) -> Hint | None:
    peer = scene.peer(story)
    if peer is not None and peer.gauge is not None and peer.gauge.recv_queue:
        text = _(
            "{who} is blocked in send: its buffer is full, and {peer} has {size} unread. Only a "
            "recv there makes room.",
            who=scene.name(story),
            peer=scene.name(peer),
            size=size_text(peer.gauge.recv_queue),
        )
    else:
        text = _(
            "{who} is blocked in send: its send buffer is full until the peer takes what is in it.",
            who=scene.name(story),
        )
    return scene.hint("buffer-full", text, gauge.n, wait.n, story)


def would_block(call: Call, story: Story, scene: Scene) -> Hint | None:
    """A send gave EAGAIN."""
    if call.name not in SENDS or story.kind != "tcp":
        return None
    gauge = _gauge(story, scene)
    before = story.last_sent if gauge is None else gauge.n
    if before is None:
        return None
    text = _(
        "send gave EAGAIN: the send buffer is full. Poll for out, then go on from the first byte "
        "not taken."
    )
    return scene.hint("send-again", text, before, call.n, story)


def partial(call: Call, story: Story, scene: Scene) -> Hint | None:
    """The kernel took only a part of what was handed over."""
    size, taken = call.size, call.result
    if story.kind != "tcp" or call.cut or not size or taken is None or not 0 < taken < size:
        return None
    reason: Event | None = story.nonblocking or story.option("SO_SNDTIMEO")
    if "MSG_DONTWAIT" in flags_of(call):
        reason = story.accept or story.connecting
    if reason is None:
        return None
    text = _(
        "send took {taken} of {size} bytes, as many as there was room for: what is left must be "
        "sent again.",
        taken=taken,
        size=size,
    )
    return scene.hint("partial-send", text, reason.n, call.n, story)


RULES = (
    Rule(blocked, (Wait,)),
    Rule(measured, (Gauge,)),
    Rule(would_block, ("EAGAIN",)),
    Rule(partial, (SENT,)),
)
