"""The accept queue: full, shorter than was asked, or the reason why nobody had to accept."""

from __future__ import annotations

from socklab.events import Gauge, State, Wait
from socklab.i18n import _
from socklab.model.hints.hint import Hint, Later, Rule
from socklab.model.hints.scene import Scene
from socklab.model.hints.story import Story
from socklab.model.rows import SocketRow

WAITS = 1_000_000_000
"""Nanoseconds that a connection waits for accept(2) before it is worth a word."""


def _full(row: SocketRow | None) -> bool:
    # The kernel takes one more than the backlog (facts E08).
    return (
        row is not None
        and row.accept_queue is not None
        and row.backlog is not None
        and row.accept_queue > row.backlog
    )


def full(event: Gauge, story: Story, scene: Scene) -> Hint | None:
    """As many wait as have room."""
    row, listen = story.row, story.calls.get("listen")
    if row is None or listen is None or not _full(row):
        return None
    text = _(
        "The accept queue of {who} is full ({n} wait, backlog {backlog}): further SYNs are dropped "
        "without an answer.",
        who=scene.name(story),
        n=row.accept_queue,
        backlog=row.backlog,
    )
    return scene.hint("accept-queue-full", text, listen.n, event.n, story)


def called(event: Wait, story: Story, scene: Scene) -> Hint | None:
    """A program waits in connect(2) for a listener whose queue is full."""
    listener = _called_by(event, scene)
    server = scene.story(None if listener is None else listener.sock)
    if not _full(listener) or server is None or server.gauge is None:
        return None
    return _unanswered(event, story, server, server.gauge, scene)


def filled(event: Gauge, story: Story, scene: Scene) -> Hint | None:
    """The same, where the queue is seen to be full only later."""
    if not _full(story.row):
        return None
    for wait in scene.table.now_blocked.values():
        listener, client = _called_by(wait, scene), scene.story(wait.sock)
        if listener is not None and listener.sock == event.sock and client is not None:
            return _unanswered(wait, client, story, event, scene)
    return None


def _called_by(wait: Wait, scene: Scene) -> SocketRow | None:
    destination = wait.args[0] if wait.args else None
    if wait.name != "connect" or not isinstance(destination, tuple):
        return None
    client = scene.story(wait.sock)
    return None if client is None else scene.listener_at(destination, client)


def _unanswered(
    wait: Wait, client: Story, server: Story, gauge: Gauge, scene: Scene
) -> Hint | None:
    text = _(
        "{who} waits in connect(): the accept queue of {server} is full, and SYNs are dropped "
        "until accept() makes room.",
        who=scene.name(client),
        server=scene.name(server),
    )
    return scene.hint("syn-dropped", text, gauge.n, wait.n, client)


def shortened(event: Gauge, story: Story, scene: Scene) -> Hint | None:
    """The kernel took less than listen(2) asked for."""
    listen = story.calls.get("listen")
    asked = listen.args[0] if listen is not None and listen.args else None
    if listen is None or not isinstance(asked, int) or event.backlog is None:
        return None
    if not 0 <= event.backlog < asked:
        return None
    text = _(
        "listen() asked for a backlog of {asked}, the kernel took {taken}: net.core.somaxconn "
        "allows no more.",
        asked=asked,
        taken=event.backlog,
    )
    return scene.hint("backlog-cut", text, listen.n, event.n, story)


def not_accepted(event: State, story: Story, scene: Scene) -> Hint | Later | None:
    """A client is connected though nobody has accepted it (E05)."""
    row, client = scene.row(event.sock), scene.peer(story)
    connect = None if client is None else client.calls.get("connect")
    if event.new != "ESTABLISHED" or row is None or row.pending_of is None:
        return None
    if scene.now < event.t + WAITS:
        return Later(event.t + WAITS)
    listener = scene.story(row.pending_of)
    if row.state != "ESTABLISHED" or connect is None or listener is None:
        return None
    text = _(
        "{who} is connected before {server} has called accept(): the kernel shakes hands by itself "
        "and queues.",
        who=scene.name(client),
        server=scene.name(listener),
    )
    return scene.hint("not-accepted", text, connect.n, event.n, listener)


RULES = (
    Rule(full, (Gauge,)),
    Rule(filled, (Gauge,)),
    Rule(shortened, (Gauge,)),
    Rule(called, (Wait,)),
    Rule(not_accepted, (State,)),
)
