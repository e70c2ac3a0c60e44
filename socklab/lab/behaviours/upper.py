"""A service that shows at a glance that the server did something: capital letters."""

from __future__ import annotations

from socklab.i18n import _
from socklab.lab.behaviours.behaviour import Behaviour


class Upper(Behaviour):
    """Turns a-z into A-Z and leaves every other byte alone.

    Only ASCII letters change, so that a UTF-8 character of several bytes is right even where recv
    cut it in two: all of its bytes are above 0x7f.
    """

    name = "upper"
    summary = _("sends back what it receives with a-z as A-Z")

    def received(self, data: bytes) -> bytes:
        return data.upper()

    def datagram(self, data: bytes) -> bytes:
        return data.upper()
