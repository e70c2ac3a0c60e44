"""The commands for the network, its hosts and the wire, as pure data; see `commands`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from socklab.events import Verdict
from socklab.model.frame_kinds import FrameKind
from socklab.model.wire_rules import RuleAction

Pair = tuple[str, str]
"""One direction of the wire: from which host to which."""


@dataclass(frozen=True, slots=True)
class SetNetwork:
    """The private network, or this machine's own."""

    private: bool


@dataclass(frozen=True, slots=True)
class AddHost:
    name: str


@dataclass(frozen=True, slots=True)
class PlaceProgram:
    program: str
    host: str


@dataclass(frozen=True, slots=True)
class SysCtl:
    """Reads the knob where `value` is None."""

    host: str
    knob: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class WireSet:
    """`settings` are fields of `Impairments` with their values (None for no limit); `pair` None
    means every direction. `mtu` in bytes."""

    pair: Pair | None
    settings: tuple[tuple[str, float | None], ...] = ()
    mtu: int | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class WirePlug:
    """`host` None means all."""

    host: str | None
    plugged: bool


@dataclass(frozen=True, slots=True)
class WireHold:
    holding: bool


@dataclass(frozen=True, slots=True)
class WireStep:
    count: int = 1


@dataclass(frozen=True, slots=True)
class WireFrame:
    """What is done by hand to the held frame `id`."""

    action: Literal["deliver", "drop", "duplicate"]
    id: int


@dataclass(frozen=True, slots=True)
class WireSwap:
    one: int
    other: int


@dataclass(frozen=True, slots=True)
class WireNext:
    """A rule for the `nth` frame of the kind to come; `delay` in seconds."""

    action: RuleAction
    kind: FrameKind
    nth: int = 1
    sender: str | None = None
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class WireStatus:
    pass


@dataclass(frozen=True, slots=True)
class WireCapture:
    """Whether the lab's frames on this machine's loopback are recorded."""

    capturing: bool


@dataclass(frozen=True, slots=True)
class ExpectWire:
    """So many frames of the kind must have met that fate; `within` in seconds."""

    kind: FrameKind
    sender: str | None
    verdict: Verdict
    times: int = 1
    within: float = 2.0


WireCommand = (
    WireSet
    | WirePlug
    | WireHold
    | WireStep
    | WireFrame
    | WireSwap
    | WireNext
    | WireStatus
    | WireCapture
)
NetworkCommand = SetNetwork | AddHost | PlaceProgram | SysCtl | WireCommand
"""What the lab does to its network."""
