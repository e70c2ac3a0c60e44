"""The echo service (RFC 862)."""

from __future__ import annotations

from socklab.i18n import _
from socklab.lab.behaviours.behaviour import Behaviour


class Echo(Behaviour):
    """Sends back what it receives, a datagram for a datagram."""

    name = "echo"
    summary = _("sends back what it receives (RFC 862)")

    def received(self, data: bytes) -> bytes:
        return data

    def datagram(self, data: bytes) -> bytes:
        return data
