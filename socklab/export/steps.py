"""What exported programs are made of: the steps of each, and the turns that all of them take.

A *step* is a call that a program makes when its turn comes. While a program is blocked in one the
others go on; what it does meanwhile (a `shutdown` that wakes it) is made *beside* that step, on a
thread of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

from socklab.events import Address, Call
from socklab.export.asked import Content, Serving

Part = Literal["listener", "connection", "datagrams", "reader", "udp_reader"]


class Held(Enum):
    """What the descriptor of a call is to its program."""

    OWN = auto()
    """The program made it itself."""
    LOOP = auto()
    """Its loop accepted it."""
    CLOSED = auto()
    """It was the program's own, and is closed."""
    NOTHING = auto()
    """It names nothing that the program could have."""


@dataclass(frozen=True, slots=True)
class Place:
    """The address in a call. `moves`: its port is one that the kernel chooses anew each time;
    `peer`: it is the sender of the descriptor's last datagram; `then`: what it was in the session,
    if that can be told."""

    address: Address
    moves: bool = False
    peer: bool = False
    then: Address | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a program in its turn; `number` counts the program's steps from 1.

    `drives` is what the loop does with the socket from this call (an `ioctl`) on. `driven`: the
    loop has it. `blocked`: others went on while it waited; `over` is false where it never returned.
    """

    program: str
    number: int
    call: Call
    held: Held
    content: Content
    place: Place | None = None
    drives: tuple[Part, Serving] | None = None
    driven: bool = False
    pinned: bool = False
    blocked: bool = False
    over: bool = True

    @property
    def made(self) -> int | None:
        """The descriptor of the socket that the call made."""
        call = self.call
        made = call.fd if call.name == "socket" else call.result
        if call.name not in ("socket", "accept") or call.error is not None or not self.over:
            return None
        return made if made is not None and made >= 0 and self.held is not Held.NOTHING else None


@dataclass(frozen=True, slots=True)
class Made:
    """A step that was over before anybody else had a turn."""

    step: Step


@dataclass(frozen=True, slots=True)
class Entered:
    """A program has begun a step in which it blocks."""

    program: str
    number: int


@dataclass(frozen=True, slots=True)
class Returned:
    """The step in which a program was blocked is over.

    `beside` was done meanwhile; `looped`: its loop had work meanwhile. `seconds` is how long
    nothing else had happened before.
    """

    step: Step
    beside: tuple[Step | Released, ...]
    looped: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Beside:
    """A program that is blocked has made another call."""

    step: Step


@dataclass(frozen=True, slots=True)
class Looped:
    """A program's loop has made a call; `seconds` is how long nothing had happened before it,
    `late`: it is time that made it do so."""

    program: str
    seconds: float
    late: bool = False


@dataclass(frozen=True, slots=True)
class Owing:
    """A program's loop has more to send than its peer takes at once: how often it sends from here
    on is chance."""

    program: str


@dataclass(frozen=True, slots=True)
class Released:
    """The loop of a program serves no more: the program is about to end. `beside`: it does so while
    the program is blocked."""

    program: str
    number: int
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Learned:
    """The kernel's tables show now which port it chose for a program's descriptor."""

    port: int
    program: str
    fd: int
    users: frozenset[str]


@dataclass(frozen=True, slots=True)
class Paused:
    """The session waited."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Remarked:
    """The session said something."""

    text: str


Item = Made | Entered | Returned | Beside | Looped | Owing | Released | Learned | Paused | Remarked
