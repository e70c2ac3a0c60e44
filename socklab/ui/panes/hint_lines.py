"""How a hint is laid out: its sentence over two lines, and what can be clicked at the end.

Knows cells, not colours: each piece bears the name of what it is.
"""

from __future__ import annotations

from typing import NamedTuple

from socklab.events import Call, Event, Gauge, State, Wait
from socklab.i18n import _
from socklab.model.escaping import plain
from socklab.ui.panes.cells import cut, width_of, wrap

MARK = "✱"
LINES = 2
_INDENT = 2
_GAP = 2


class Piece(NamedTuple):
    """A text, and what it is: "mark", "text", "rest" or the name of what a click on it does."""

    text: str
    role: str


class Saying(NamedTuple):
    """A hint to be shown: its sentence, its two events by name, and which of how many it is."""

    text: str
    events: tuple[str, str]
    place: int
    total: int


def event_label(n: int, event: Event | None) -> str:
    """What a link to an event says: its number, and a word on what it is."""
    if isinstance(event, Call):
        return f"{n} {plain(event.name)}"
    if isinstance(event, Wait):
        return f"{n} {plain(event.name)} …"
    if isinstance(event, State):
        return f"{n} {plain(event.new)}"
    return f"{n} " + (_("queue") if isinstance(event, Gauge) else _("event"))


def lay_out(saying: Saying, width: int) -> list[list[Piece]]:
    """Two lines of `width` cells. Where room is short the events are told by their numbers alone,
    and what then doesn't fit of the sentence ends in …"""
    first, *more = wrap(saying.text, max(1, width - _INDENT))
    rest = " ".join(more)
    controls = _controls(saying, saying.events)
    if _taken(controls) + _GAP + width_of(rest) > width - _INDENT:
        one, other = (label.split(" ")[0] for label in saying.events)
        controls = _controls(saying, (one, other))
    rest = cut(rest, max(0, width - _INDENT - _taken(controls) - _GAP))
    blank = " " * max(0, width - _INDENT - width_of(rest) - _taken(controls))
    return [
        [Piece(MARK + " ", "mark"), Piece(first, "text")],
        [Piece(" " * _INDENT, ""), Piece(rest, "text"), Piece(blank, ""), *controls],
    ]


def _taken(pieces: list[Piece]) -> int:
    return sum(width_of(piece.text) for piece in pieces)


def _controls(saying: Saying, events: tuple[str, str]) -> list[Piece]:
    one, other = events
    controls = [Piece(one, "one"), Piece(" · ", "rest"), Piece(other, "other"), Piece("  ", "")]
    if saying.total > 1:
        place = _("{n} of {total}", n=saying.place, total=saying.total)
        controls += [Piece("‹ ", "previous"), Piece(place, "rest"), Piece(" ›", "next")]
        controls.append(Piece("  ", ""))
    return [*controls, Piece("✕ ", "dismiss")]


def role_at(lines: list[list[Piece]], x: int, y: int) -> str:
    """What stands at that cell."""
    for text, role in lines[y] if 0 <= y < len(lines) else ():
        x -= width_of(text)
        if x < 0:
            return role
    return ""
