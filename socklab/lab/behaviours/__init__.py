"""The behaviours by name: adding one is one file and one line here."""

from __future__ import annotations

from socklab.lab.behaviours.behaviour import Answer, Behaviour
from socklab.lab.behaviours.chargen import Chargen
from socklab.lab.behaviours.chat import Chat
from socklab.lab.behaviours.daytime import Daytime
from socklab.lab.behaviours.discard import Discard
from socklab.lab.behaviours.echo import Echo
from socklab.lab.behaviours.http import Http
from socklab.lab.behaviours.manual import Manual
from socklab.lab.behaviours.upper import Upper

__all__ = ["BEHAVIOURS", "Answer", "Behaviour"]

BEHAVIOURS: dict[str, type[Behaviour]] = {
    behaviour.name: behaviour
    for behaviour in (
        Echo,
        Discard,
        Chargen,
        Daytime,
        Upper,
        Chat,
        Http,
        Manual,
    )
}
"""In the order in which a form offers them."""
