"""A real TCP/IP laboratory: programs with real sockets, and a journal of every call they make.

The public interface is a lab, its journal and the events:

    from socklab import Call, Lab

    with Lab() as lab:
        script = lab.script("server: serve tcp 127.0.0.1 0 echo\\nclient: client tcp @server")
        lab.run(script).result()
        calls = [event for event in lab.journal if isinstance(event, Call)]

Each name is loaded when it is first asked for, so that a quick command stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from socklab.events import (
        AnyEvent,
        Call,
        Command,
        Event,
        Fate,
        Frame,
        Gauge,
        Header,
        Info,
        Note,
        Program,
        State,
        Wait,
    )
    from socklab.journal import Journal, JournalError
    from socklab.lab.lab import Lab
    from socklab.lab.words import LanguageError

__all__ = [
    "AnyEvent",
    "Call",
    "Command",
    "Event",
    "Fate",
    "Frame",
    "Gauge",
    "Header",
    "Info",
    "Journal",
    "JournalError",
    "Lab",
    "LanguageError",
    "Note",
    "Program",
    "State",
    "Wait",
]

_HOMES = {
    "Journal": "socklab.journal",
    "JournalError": "socklab.journal",
    "Lab": "socklab.lab.lab",
    "LanguageError": "socklab.lab.words",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "socklab.events")), name)
