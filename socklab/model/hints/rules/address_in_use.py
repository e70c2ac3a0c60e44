"""EADDRINUSE, and binds that come out otherwise than was meant (facts E24, E25, E48)."""

from __future__ import annotations

from socklab.events import Address, Call
from socklab.i18n import _
from socklab.model.addresses import address_text, overlap
from socklab.model.escaping import plain
from socklab.model.hints.hint import Hint, Rule
from socklab.model.hints.scene import Scene
from socklab.model.hints.story import Story
from socklab.model.messages import destination_of
from socklab.model.rows import SocketRow


def in_use(call: Call, story: Story, scene: Scene) -> Hint | None:
    """Another socket of the lab's is in the way."""
    row = story.row
    wanted = destination_of(call) or (row.local if row is not None else None)
    if wanted is None or row is None or call.name not in ("bind", "listen"):
        return None
    holders = [other for other in scene.table.sockets.values() if _holds(other, row, wanted)]
    holders = [other for other in holders if _in_the_way(other, call, story, scene)]
    if not holders:
        return None
    first = min(holders, key=lambda other: (not other.listening, other.fd is None, other.sock))
    if first.fd is None and first.remote is not None:
        return _old_connection(first, call, story, scene)
    return _taken(first, call, story, scene)


def _holds(other: SocketRow, row: SocketRow, wanted: Address) -> bool:
    return (
        other.sock != row.sock
        and other.kind == row.kind
        and other.family == row.family
        and other.local is not None
        and overlap(other.local, wanted)
    )


def _in_the_way(other: SocketRow, call: Call, story: Story, scene: Scene) -> bool:
    """Whether the kernel would refuse because of this one alone (facts E24 and E25)."""
    theirs = scene.story(other.listener if other.listener is not None else other.sock)
    if theirs is None or theirs.stack != story.stack:
        return False
    if _both(story, theirs, "SO_REUSEPORT"):
        return False
    if other.listening or call.name == "listen":
        return other.listening
    return not _both(story, theirs, "SO_REUSEADDR")


def _both(one: Story, other: Story, symbol: str) -> bool:
    return one.option(symbol) is not None and other.option(symbol) is not None


def _old_connection(holder: SocketRow, call: Call, story: Story, scene: Scene) -> Hint | None:
    """What is left of a connection that its program has closed, TIME_WAIT for instance."""
    theirs = scene.story(holder.sock)
    state = None if theirs is None else theirs.states.get(holder.state or "")
    if state is None or holder.local is None:
        return None
    text = _(
        "A closed connection in {state} holds port {port}: old and new server both need reuseaddr "
        "before bind.",
        port=holder.local[1],
        state=plain(state.new),
    )
    rule = "time-wait" if state.new == "TIME_WAIT" else "old-connection"
    return scene.hint(rule, text, state.n, call.n, story)


def _taken(holder: SocketRow, call: Call, story: Story, scene: Scene) -> Hint | None:
    theirs = scene.story(holder.sock)
    if theirs is None or holder.local is None:
        return None
    before = theirs.calls.get("listen") or theirs.calls.get("bind") or theirs.accept or theirs.made
    text = _(
        "{call} failed because {who} has {address} already.",
        call=call.name,
        who=scene.name(theirs),
        address=address_text(holder.local),
    )
    return scene.hint("port-taken", text, before.n, call.n, story)


def reuse_too_late(call: Call, story: Story, scene: Scene) -> Hint | None:
    """SO_REUSEADDR was set when bind(2) had been called."""
    bound = story.calls.get("bind")
    if call.error is not None or bound is None or story.option("SO_REUSEADDR") is not call:
        return None
    text = _("reuseaddr comes too late: set it before the bind that it is to help.")
    return scene.hint("reuse-late", text, bound.n, call.n, story)


def listen_unbound(call: Call, story: Story, scene: Scene) -> Hint | None:
    """listen(2) on a socket without an address: the kernel chose one."""
    row = story.row
    if call.error is not None or "bind" in story.calls or row is None or row.local is None:
        return None
    before = story.failures.get("bind") or story.made
    text = _(
        "listen() without a successful bind works: the kernel chose the port, {address}.",
        address=address_text(row.local),
    )
    return scene.hint("listen-unbound", text, before.n, call.n, story)


RULES = (
    Rule(in_use, ("EADDRINUSE",)),
    Rule(reuse_too_late, ("setsockopt",)),
    Rule(listen_unbound, ("listen",)),
)
