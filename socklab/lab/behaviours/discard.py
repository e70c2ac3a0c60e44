"""The discard service (RFC 863)."""

from __future__ import annotations

from socklab.i18n import _
from socklab.lab.behaviours.behaviour import Behaviour


class Discard(Behaviour):
    """Reads and throws away: what the base does."""

    name = "discard"
    summary = _("reads everything and throws it away (RFC 863)")
