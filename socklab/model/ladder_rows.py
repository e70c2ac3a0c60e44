"""What a row of a ladder is: which lane, which arrow, who is blocked meanwhile."""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

from socklab.events import AnyEvent, Fate, Frame

LATE = 1_000_000
"""A frame that takes so long (ns) arrives on a row of its own."""


class Ending(Enum):
    """Where a frame has got to."""

    ARRIVED = auto()
    DROPPED = auto()
    HELD = auto()
    UNDER_WAY = auto()


class Flight(NamedTuple):
    """A frame on the wire, as far as one row shows it: all of its way or, where it took a while,
    up to its middle; with `arrives` from there on.

    `held`: it waited in the middle until somebody let it go on. `changed`: a bit of it was.
    `why` is what it was dropped by, in a word.
    """

    ending: Ending
    arrives: bool = False
    held: bool = False
    changed: bool = False
    why: str = ""


class Arrow(NamedTuple):
    """Something that went from lane `source` to lane `target`.

    `labels` say what it was, the longest first. `datagram`: it may have been lost on its way, so
    that it isn't drawn to arrive. `flight` is given for what was seen on the wire.
    """

    source: int
    target: int
    labels: tuple[str, ...]
    datagram: bool = False
    flight: Flight | None = None


class Row(NamedTuple):
    """One row of a ladder.

    `t` (ns since the epoch) is when it happened, None where that was before anybody has seen it.
    `lane` is whose row it is, `who` the program's name where its lane is shared, `subject` the
    socket that a change of state is about: its descriptor, or the port that the connection's other
    end calls it by. `notes` say what
    an arrow can't, the longest first: which bytes a receive took, or what went nowhere else.
    `bars` are the lanes of programs that are blocked in a call, `waited` tells of the call that
    ends such a bar. `remarks` are what there is to say of a frame, `numbers` its numbers in full,
    both the longest first.
    """

    event: AnyEvent
    t: int | None
    lane: int
    who: str = ""
    arrow: Arrow | None = None
    notes: tuple[str, ...] = ()
    bars: frozenset[int] = frozenset()
    waited: bool = False
    subject: str = ""
    remarks: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()


class Course(NamedTuple):
    """A frame, if it is still known, and what is known to have become of it."""

    frame: Frame | None
    fates: tuple[Fate, ...] = ()


def is_late(fate: Fate) -> bool:
    """Whether this end of a frame's way has a row of its own."""
    return fate.delay >= LATE and fate.verdict != "held"
