"""The server that only does what it is told."""

from __future__ import annotations

from socklab.i18n import _
from socklab.lab.behaviours.behaviour import Answer, Behaviour


class Manual(Behaviour):
    """Never answers, and never closes: the peer's FIN waits until somebody reads it by hand."""

    name = "manual"
    summary = _("accepts and reads only when told")

    def finished(self) -> Answer:
        return Answer()
