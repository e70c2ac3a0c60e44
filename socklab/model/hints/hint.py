"""What a hint is, and what a rule may answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from socklab.events import Event

if TYPE_CHECKING:
    from socklab.model.hints.scene import Scene
    from socklab.model.hints.story import Story


@dataclass(frozen=True, slots=True)
class Hint:
    """Something that students trip over, noticed in one place.

    `text` is one sentence, safe to print. `events` are the `n` of the two events that prove it,
    the earlier one first. `sock` is the socket that it is about, `peer` the other end where it is
    about a connection. `t` (ns since the epoch) is when it was known.
    """

    rule: str
    text: str
    events: tuple[int, int]
    sock: int
    t: int
    peer: int | None = None

    @property
    def connection(self) -> int:
        """The same number for a hint about either end."""
        return self.sock if self.peer is None else min(self.sock, self.peer)


@dataclass(frozen=True, slots=True)
class Later:
    """It isn't known yet: ask the rule again, about the same event, at `t` (ns)."""

    t: int


Judge = Callable[[Any, "Story", "Scene"], Hint | Later | None]
"""What a rule says of an event that has just happened to the socket of that story."""

SENT, RECEIVED = "sent", "received"
"""That a send, or a receive, succeeded."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`judge` is asked about each event of these sorts that befalls a socket.

    `on` names them: a type of event; a system call by its name, whatever came of it (not those
    that move data); an errno, whatever call gave it; SENT or RECEIVED.
    """

    judge: Judge
    on: tuple[type[Event] | str, ...]
