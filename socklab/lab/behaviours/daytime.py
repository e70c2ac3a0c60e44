"""The daytime service (RFC 867): the server that speaks first and closes first."""

from __future__ import annotations

from socklab.i18n import _
from socklab.lab.behaviours.behaviour import Answer, Behaviour


class Daytime(Behaviour):
    """Says what time it is in one line of ASCII, and closes; its input is ignored."""

    name = "daytime"
    summary = _("tells the time and closes (RFC 867)")

    def opened(self) -> Answer:
        return Answer(self._line(), close=True)

    def datagram(self, data: bytes) -> bytes:
        return self._line()

    def _line(self) -> bytes:
        # The RFC's own example: "Tuesday, February 22, 1982 17:37:43-PST".
        now = self.clock()
        zone = now.tzname() or "local"
        line = f"{now:%A, %B} {now.day}, {now:%Y %H:%M:%S}-{zone}\r\n"
        return line.encode("ascii", "replace")
