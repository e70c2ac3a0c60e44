"""A room: what one client says, all the others hear."""

from __future__ import annotations

from socklab.i18n import _
from socklab.lab.behaviours.behaviour import Answer, Behaviour


class Chat(Behaviour):
    """Relays bytes to everybody but their sender, as they come: no lines, no names.

    Over UDP whoever has sent a datagram is in the room; an empty one only joins it.
    """

    name = "chat"
    summary = _("relays what one client sends to all the others")

    def received(self, data: bytes) -> Answer:
        return Answer(others=data)

    def datagram(self, data: bytes) -> Answer:
        return Answer(others=data)
