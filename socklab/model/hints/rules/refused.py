"""ECONNREFUSED from connect(2), where the lab knows who was meant (facts E03, E11, E48)."""

from __future__ import annotations

from socklab.events import Address, Call
from socklab.i18n import _
from socklab.model.addresses import address_text, takes, unmapped
from socklab.model.escaping import plain
from socklab.model.hints.hint import Hint, Rule
from socklab.model.hints.scene import Scene
from socklab.model.hints.story import Story
from socklab.model.messages import destination_of
from socklab.model.rows import Kind, SocketRow
from socklab.model.sockaddr import swapped
from socklab.model.stacks import is_local


def refused(call: Call, story: Story, scene: Scene) -> Hint | None:
    """Nobody listens where the call went: who is bound, listens elsewhere, or has gone?"""
    connect = _attempt(call, story)
    destination = None if connect is None else destination_of(connect)
    if connect is None or destination is None:
        return None
    found = (
        _not_listening(destination, call, story, scene)
        or misplaced("tcp", destination, call, story, scene)
        or _gone(destination, call, story, scene)
    )
    if found is None:
        scene.refused.append(connect)
    return found


def _attempt(call: Call, story: Story) -> Call | None:
    """The connect(2) that was refused: this call, or the one that this call asks about."""
    if story.kind != "tcp":
        return None
    if call.name == "connect":
        return call if call.error == "ECONNREFUSED" else None
    told = call.name == "getsockopt" and call.value == "ECONNREFUSED"
    return story.failures.get("connect") if told else None


def _not_listening(destination: Address, call: Call, story: Story, scene: Scene) -> Hint | None:
    row = next(iter(scene.takers("tcp", destination, story)), None)
    holder = None if row is None else scene.story(row.sock)
    if row is None or row.listening or holder is None or holder is story or row.remote is not None:
        return None
    said = {"who": scene.name(holder), "address": address_text(destination)}
    if "listen" in holder.calls:
        if holder.shut_reading is None:
            return None
        text = _("{who} has {address} but listens no more: its shutdown() ended that.", **said)
        return scene.hint("not-listening", text, holder.shut_reading.n, call.n, story)
    bound = holder.calls.get("bind") or holder.made
    text = _(
        "{who} is bound to {address} but has not called listen(): until then connections are "
        "refused.",
        **said,
    )
    return scene.hint("not-listening", text, bound.n, call.n, story)


def misplaced(
    kind: Kind, destination: Address, call: Call, story: Story, scene: Scene
) -> Hint | None:
    """A server that is bound to another address, or to the port with its two bytes swapped, or
    that is on another host."""
    here = (row for row in scene.bound(kind, destination, story) if _serves(row))
    for row in here:
        if row.local is not None and not takes(row.local, destination):
            return _elsewhere(row, row.local, destination, call, story, scene)
    port = destination[1]
    other = swapped(port) if 0 <= port <= 0xFFFF else port
    if other != port:
        there = (destination[0], other)
        for row in filter(_serves, scene.bound(kind, there, story)):
            if row.local is not None and takes(row.local, there):
                return _swapped(row, row.local, port, call, story, scene)
    if is_local(destination[0]):
        for row in filter(_serves, scene.elsewhere(kind, port, story)):
            return _on_other_host(row, destination, call, story, scene)
    return None


def _serves(row: SocketRow) -> bool:
    return row.listening if row.kind == "tcp" else row.remote is None


def _elsewhere(
    row: SocketRow, bound: Address, destination: Address, call: Call, story: Story, scene: Scene
) -> Hint | None:
    said = {
        "who": scene.name(scene.story(row.sock)),
        "here": plain(unmapped(bound)[0]),
        "there": address_text(destination),
    }
    if (":" in bound[0]) == (":" in destination[0]):
        text = _(
            "{who} is bound to {here} only, and {there} was called: bind to * to be reached "
            "everywhere.",
            **said,
        )
    else:
        text = _(
            "{who} is bound to {here}, and {there} was called: addresses of the other family are "
            "other places.",
            **said,
        )
    return _about(row, "wrong-address", text, call, story, scene)


def _swapped(
    row: SocketRow, bound: Address, port: int, call: Call, story: Story, scene: Scene
) -> Hint | None:
    text = _(
        "{port} (0x{hex:04x}) is port {bound} (0x{other:04x}) of {who} with its bytes swapped, as "
        "if htons() were forgotten.",
        port=port,
        hex=port,
        bound=bound[1],
        other=bound[1],
        who=scene.name(scene.story(row.sock)),
    )
    return _about(row, "swapped-port", text, call, story, scene)


def _on_other_host(
    row: SocketRow, destination: Address, call: Call, story: Story, scene: Scene
) -> Hint | None:
    server = scene.story(row.sock)
    if server is None:
        return None
    text = _(
        "{who} runs on {there}, and {address} is always the caller's own host, {here}: call "
        "{there}.",
        who=scene.name(server),
        there=plain(server.stack.name),
        address=plain(destination[0]),
        here=plain(story.stack.name),
    )
    return _about(row, "other-host", text, call, story, scene)


def _about(
    row: SocketRow, rule: str, text: str, call: Call, story: Story, scene: Scene
) -> Hint | None:
    server = scene.story(row.sock)
    if server is None:
        return None
    named = server.calls.get("bind") or server.calls.get("listen") or server.made
    return scene.hint(rule, text, named.n, call.n, story)


def _gone(destination: Address, call: Call, story: Story, scene: Scene) -> Hint | None:
    close = scene.gone_at(destination, story)
    if close is None:
        return None
    text = _(
        "{program} listened at {address}, but closed that socket: ECONNREFUSED, for nobody listens "
        "now.",
        program=plain(close.program or "?"),
        address=address_text(destination),
    )
    return scene.hint("server-gone", text, close.n, call.n, story)


def too_early(call: Call, story: Story, scene: Scene) -> Hint | None:
    """A server listens now where a connect(2) was refused before."""
    row = story.row
    if call.error is not None or row is None or row.local is None:
        return None
    for connect in scene.refused:
        destination = destination_of(connect)
        client = scene.story(connect.sock)
        if destination is None or client is None or not takes(row.local, destination):
            continue
        if client.stack.reaches(story.stack, destination):
            scene.refused.remove(connect)
            text = _(
                "{who} called before {server} listened: a client can't wait for a server, so "
                "start the server first.",
                who=scene.name(client),
                server=scene.name(story),
            )
            return scene.hint("too-early", text, connect.n, call.n, client)
    return None


RULES = (
    Rule(refused, ("connect", "getsockopt")),
    Rule(too_early, ("listen",)),
)
