"""Which bytes, or which datagrams, a send or a receive moved: told to the streams and inboxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from socklab.events import Address, Call
from socklab.model.hints.inbox import Delivery, sent_by
from socklab.model.hints.stream import Match
from socklab.model.messages import asked_of, destination_of, flags_of
from socklab.model.transfers import SENDS

if TYPE_CHECKING:
    from socklab.model.hints.scene import Scene
    from socklab.model.hints.story import Story


def moved(scene: Scene, story: Story, call: Call) -> None:
    """A send or a receive of this socket has succeeded."""
    flags = flags_of(call)
    if "MSG_PEEK" in flags:
        return  # the bytes stay, and come again
    if story.kind == "tcp":
        scene.matches = _stream(scene, story, call, "MSG_OOB" in flags)
    elif call.name in SENDS:
        scene.delivery = _datagram_sent(scene, story, call)
    elif not call.cut and story.shut_reading is None:
        if call.peer is not None:
            story.heard(call.peer)
        scene.delivery = story.inbox.receive(call, asked_of(call))


def _stream(scene: Scene, story: Story, call: Call, urgent: bool) -> tuple[Match, ...]:
    sends = call.name in SENDS
    sender = story if sends else scene.peer(story)
    if sender is None or not sender.out.whole:
        return ()
    if urgent:
        sender.out.lose()  # an urgent byte takes a way of its own past the others
    elif call.result and sends:
        return sender.out.send(call, call.result)
    elif call.result:
        return sender.out.receive(call, call.result)
    return ()


def _datagram_sent(scene: Scene, story: Story, call: Call) -> Delivery | None:
    row = story.row
    destination = destination_of(call) or (row.remote if row is not None else None)
    if destination is None or row is None:
        return None
    receivers = receivers_of(scene, destination, story)
    inboxes = [one.inbox for one in map(scene.story, receivers) if one is not None]
    sent = sent_by(call, row.local[1] if row.local is not None else 0, story.stack)
    if not receivers:
        scene.unrouted.append((destination, sent))
    elif len(inboxes) == 1:
        return inboxes[0].send(sent)
    for inbox in inboxes:
        inbox.lose()
    return None


def receivers_of(scene: Scene, destination: Address, sender: Story) -> list[int]:
    """The UDP sockets one of which gets a datagram of the sender's to this address.

    Connected ones take those of their peer only, and have them before all others (udp(7)).
    """
    row = sender.row
    port = row.local[1] if row is not None and row.local is not None else 0
    takers = scene.takers("udp", destination, sender)
    connected = [row.sock for row in takers if row.remote is not None and row.remote[1] == port]
    return connected or [row.sock for row in takers if row.remote is None]
