"""What UDP does with datagrams: cut, dropped, empty, or sent to nobody (facts E49, E50)."""

from __future__ import annotations

from ipaddress import ip_address

from socklab.events import Address, Call, Gauge
from socklab.i18n import _
from socklab.model.addresses import address_text, unmapped
from socklab.model.hints.hint import RECEIVED, SENT, Hint, Rule
from socklab.model.hints.rules.refused import misplaced
from socklab.model.hints.scene import Scene
from socklab.model.hints.story import Story
from socklab.model.hints.traffic import receivers_of
from socklab.model.messages import asked_of, destination_of, flags_of
from socklab.model.rows import SocketRow

_TELLS = ("IP_RECVERR", "IPV6_RECVERR")
"""Options that make an unconnected socket hear of ICMP errors (ip(7))."""


def truncated(call: Call, story: Story, scene: Scene) -> Hint | None:
    """A receive had less room than the datagram is long."""
    found = scene.delivery
    if found is None or not found.sure or found.got.size >= found.sent.size:
        return None
    receiver = scene.story(found.got.sock)
    row = None if receiver is None else receiver.row
    if receiver is None or row is None or row.drops:
        return None  # where some were dropped it may have been another one
    got = found.got
    text = _truncated(got.name, got.fd, got.asked, found.sent.size)
    return scene.hint("datagram-truncated", text, found.sent.n, got.n, receiver)


def overlong(call: Call, story: Story, scene: Scene) -> Hint | None:
    """The same, told by MSG_TRUNC: the result is the datagram's own length (recv(2))."""
    asked = asked_of(call)
    if story.kind != "udp" or call.result is None or call.result <= asked:
        return None
    if "MSG_TRUNC" not in flags_of(call) or "MSG_PEEK" in flags_of(call):
        return None
    before = story.made.n if scene.delivery is None else scene.delivery.sent.n
    text = _truncated(call.name, call.fd, asked, call.result)
    return scene.hint("datagram-truncated", text, before, call.n, story)


def _truncated(name: str, fd: int | None, asked: int, whole: int) -> str:
    return _(
        "{call}({fd}, {asked}) kept {asked} of the datagram's {whole} bytes: the rest is gone, the "
        "next receive won't give it.",
        call=name,
        fd=fd,
        asked=asked,
        whole=whole,
    )


def empty(call: Call, story: Story, scene: Scene) -> Hint | None:
    """A receive gave 0 because the datagram was empty."""
    found = scene.delivery
    if found is None or found.sent.size or not found.got.asked:
        return None
    receiver = scene.story(found.got.sock)
    text = _(
        "{call}({fd}) = 0 is an empty datagram here, not an end: UDP has no end of stream.",
        call=found.got.name,
        fd=found.got.fd,
    )
    if receiver is None:
        return None
    return scene.hint("empty-datagram", text, found.sent.n, found.got.n, receiver)


def dropped(event: Gauge, story: Story, scene: Scene) -> Hint | None:
    """The kernel threw datagrams away before they were received."""
    if story.kind != "udp" or not event.drops:
        return None
    text = _(
        "Datagrams for {who} were dropped unread ({n}), as a rule for want of room: no sendto was "
        "told.",
        n=event.drops,
        who=scene.name(story),
    )
    before = story.inbox.last if story.inbox.last is not None else story.made.n
    return scene.hint("datagram-dropped", text, before, event.n, story)


def refused(call: Call, story: Story, scene: Scene) -> Hint | None:
    """A connected UDP socket is told, a call later, that nobody has the port."""
    if story.kind != "udp" or story.last_sent is None or not story.watched:
        return None
    there = story.row.remote if story.row is not None else None
    if there is None:
        return None
    text = _(
        "ECONNREFUSED is about an earlier datagram: nobody has UDP {address}, though that send was "
        "OK.",
        address=address_text(there),
    )
    return scene.hint("udp-refused", text, story.last_sent, call.n, story)


def nobody(call: Call, story: Story, scene: Scene) -> Hint | None:
    """A datagram to an address of this machine that no socket of the lab has."""
    row, destination = story.row, destination_of(call)
    if story.kind != "udp" or destination is None or row is None or not scene.complete:
        return None
    if destination in story.known or receivers_of(scene, destination, story):
        return None
    taken = next(iter(scene.takers("udp", destination, story)), None)
    if taken is not None:
        return _filtered(taken, destination, call, story, scene)
    if any(story.option(symbol) is not None for symbol in _TELLS):
        return None
    found = misplaced("udp", destination, call, story, scene)
    if found is not None or row.remote is not None or not _is_loopback(destination):
        return found
    other = scene.listener_at(destination, story)
    server = None if other is None else scene.story(other.sock)
    if server is not None and "listen" in server.calls:
        text = _(
            "{who} has port {address} in TCP, not in UDP: the ports of the two are not the same.",
            who=scene.name(server),
            address=address_text(destination),
        )
        return scene.hint("udp-nobody", text, server.calls["listen"].n, call.n, story)
    text = _(
        "{call} = {size}, but no socket of this lab has UDP {address}: an unconnected socket "
        "isn't told.",
        call=call.name,
        size=call.result,
        address=address_text(destination),
    )
    return scene.hint("udp-nobody", text, story.made.n, call.n, story)


def _filtered(
    row: SocketRow, destination: Address, call: Call, story: Story, scene: Scene
) -> Hint | None:
    """The socket that has the port is connected, so that others' datagrams don't reach it."""
    receiver = scene.story(row.sock)
    connect = None if receiver is None else receiver.calls.get("connect")
    if connect is None or row.remote is None:
        return None
    text = _(
        "{who} has {address}, but is connected to {peer}: it takes no datagrams from anybody else.",
        who=scene.name(receiver),
        address=address_text(destination),
        peer=address_text(row.remote),
    )
    return scene.hint("udp-filtered", text, connect.n, call.n, story)


def _is_loopback(address: Address) -> bool:
    try:
        return ip_address(unmapped(address)[0]).is_loopback
    except ValueError:
        return False


RULES = (
    Rule(truncated, (SENT, RECEIVED)),
    Rule(overlong, (RECEIVED,)),
    Rule(empty, (SENT, RECEIVED)),
    Rule(dropped, (Gauge,)),
    Rule(refused, ("ECONNREFUSED",)),
    Rule(nobody, (SENT,)),
)
