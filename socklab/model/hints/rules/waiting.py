"""Answers that are taken for something else: not yet, for ever, and each for the other."""

from __future__ import annotations

from socklab.events import Call, Wait
from socklab.i18n import _
from socklab.model.hints.hint import RECEIVED, Hint, Rule
from socklab.model.hints.scene import Scene
from socklab.model.hints.story import Story
from socklab.model.messages import asked_of, flags_of
from socklab.model.transfers import RECEIVES


def in_progress(call: Call, story: Story, scene: Scene) -> Hint | None:
    """connect(2) gave EINPROGRESS (facts E13). Where one command made the socket non-blocking and
    connected it (`client`, for its time limit), nobody tripped over anything."""
    if call.name != "connect":
        return None
    if story.nonblocking is not None and story.nonblocking.cause == call.cause is not None:
        return None
    limit = story.option("SO_SNDTIMEO")
    if story.nonblocking is not None:
        text = _(
            "EINPROGRESS is no failure: this socket doesn't wait. Poll for out, then getsockopt "
            "error tells how it went."
        )
        return scene.hint("in-progress", text, story.nonblocking.n, call.n, story)
    if limit is not None:
        text = _(
            "EINPROGRESS after sndtimeo: connect has stopped waiting, but the kernel goes on "
            "trying until close()."
        )
        return scene.hint("in-progress", text, limit.n, call.n, story)
    return None


def not_yet(call: Call, story: Story, scene: Scene) -> Hint | None:
    """A receive gave EAGAIN (E19, E41)."""
    if call.name not in RECEIVES or call.cut:
        return None
    limit = story.option("SO_RCVTIMEO")
    if "MSG_DONTWAIT" in flags_of(call):
        before = (story.accept or story.connecting or story.made).n
    elif story.nonblocking is not None:
        before = story.nonblocking.n
    elif limit is not None:
        before = limit.n
    else:
        return None
    if story.kind == "tcp":
        text = _(
            "EAGAIN says that nothing has come yet, not that it is over (that gives 0): the socket "
            "is as good as before."
        )
    else:
        text = _("EAGAIN says that nothing has come yet: the socket is as good as before.")
    return scene.hint("not-yet", text, before, call.n, story)


def ended_again(call: Call, story: Story, scene: Scene) -> Hint | None:
    """A receive gave 0 a second time (E19)."""
    first = story.ended
    if story.kind != "tcp" or call.result != 0 or call.cut or not asked_of(call):
        return None
    if first is None or story.reset is not None or story.shut_reading is not None:
        return None
    text = _(
        '{call} = 0 is not "nothing just now" but the end of the stream: it stays 0 however '
        "often you ask.",
        call=call.name,
    )
    return scene.hint("end-again", text, first.n, call.n, story)


def both_wait(event: Wait, story: Story, scene: Scene) -> Hint | None:
    """Either end waits for the other to send, and nothing is under way."""
    peer = scene.peer(story)
    if event.name not in RECEIVES or peer is None or peer is story:
        return None
    other = _waiting(peer, scene)
    if other is None or other.name not in RECEIVES:
        return None
    for one in (story, peer):
        quiet = one.watched and one.out.whole and one.out.sent == one.out.received
        if not quiet or one.option("SO_RCVTIMEO") is not None:
            return None
    text = _(
        "{who} and {peer} both wait in recv, each for the other to send: neither will get on.",
        who=scene.name(story),
        peer=scene.name(peer),
    )
    return scene.hint("both-wait", text, other.n, event.n, story)


def _waiting(story: Story, scene: Scene) -> Wait | None:
    """The call that a program is blocked in on that socket."""
    row = story.row
    wait = scene.table.now_blocked.get(row.program) if row is not None and row.program else None
    return wait if wait is not None and row is not None and wait.sock == row.sock else None


RULES = (
    Rule(in_progress, ("EINPROGRESS",)),
    Rule(not_yet, ("EAGAIN",)),
    Rule(ended_again, (RECEIVED,)),
    Rule(both_wait, (Wait,)),
)
