"""What an exported program's event loop must know to do as the lab's did, in any language.

Names of behaviours are those of the command language; with `udp_` before it one is the behaviour's
form for datagrams. A name that isn't known here reads everything and answers nothing.
"""

from __future__ import annotations

from collections.abc import Set

from socklab.export.asked import Serving
from socklab.export.steps import Part

_TCP = frozenset({"echo", "discard", "upper", "chat", "daytime", "chargen", "http"})
_UDP = _TCP - {"http"}
_SENDING = _TCP - {"discard"} | {"most"}
_CLOSING = frozenset({"daytime", "http", "most"})
"""What ends a connection before the peer does, and so has to wait for its FIN."""


def behaviour_of(part: Part, serving: Serving) -> str:
    """The name of what is done with what comes; empty where that is left to the hand."""
    if part == "datagrams":
        return f"udp_{serving.behaviour if serving.behaviour in _UDP else 'discard'}"
    if part in ("reader", "udp_reader") or serving.manual:
        return ""
    return serving.behaviour if serving.behaviour in _TCP else "discard"


def loop_uses(part: Part, serving: Serving) -> Set[str]:
    """The features of the loop that serving this needs."""
    uses = {"loop", part}
    behaviour = behaviour_of(part, serving)
    if not behaviour:
        return uses
    uses.add(behaviour)
    if part == "datagrams":
        return uses
    uses.add("connection")
    if serving.most is not None and part == "listener":
        uses.add("most")
    if serving.timeout is not None:
        uses |= {"timeout", "deadline"}
    if not uses.isdisjoint(_CLOSING):
        uses |= {"farewell", "deadline"}
    if not uses.isdisjoint(_SENDING):
        uses.add("owes")
    return uses
