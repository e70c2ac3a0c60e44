"""What a bad wire does to a frame: decided, not done.

Pure: a frame's bytes and the time in, what becomes of it out. All chance comes from one seed, of
which a frame that comes while nothing is set uses nothing. Every other one draws the same numbers
from it whatever is set, so that a run repeats and a change of one setting changes nothing else.
Times are in nanoseconds, settings in seconds.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from socklab.events import Verdict
from socklab.i18n import _

FULL = "queue full"
"""Why a frame is dropped that would have to wait where too many do."""

LATE = 0.02
"""Seconds by which a reordered frame comes later than its delay alone would have it."""

_SECOND = 1_000_000_000
_HEADER = 14  # bytes of Ethernet, which stay whole: else the frame wouldn't reach its host
_OVERHEAD = 24  # bytes that a frame takes on a real wire besides: preamble, check sum and gap


@dataclass(frozen=True, slots=True)
class Impairments:
    """How one direction of the wire is.

    `delay` and `jitter` (up to so much more or less) in seconds; the shares of frames that are
    lost, duplicated, reordered and corrupted from 0 to 1; `rate` in bits per second and `queue`,
    the most frames that wait for it, with None for no limit. Jitter alone reorders nothing.
    """

    delay: float = 0.0
    jitter: float = 0.0
    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    corrupt: float = 0.0
    rate: float | None = None
    queue: int | None = None


PERFECT = Impairments()


def impairments_text(bad: Impairments) -> str:
    """As the command has them: `delay=0.1 loss=10%`, or that nothing is wrong."""
    if bad is PERFECT:
        return _("as it comes")
    words = [f"{name}={getattr(bad, name):g}" for name in ("delay", "jitter") if getattr(bad, name)]
    shares = ("loss", "duplicate", "reorder", "corrupt")
    words += [f"{name}={getattr(bad, name) * 100:g}%" for name in shares if getattr(bad, name)]
    words += [f"{name}={getattr(bad, name):g}" for name in ("rate", "queue") if getattr(bad, name)]
    return " ".join(words)


class Delivery(NamedTuple):
    """One thing that becomes of a frame: `at` (ns), as `data`, or None where it is dropped.

    `why` says by what: "loss", of which `share` is how much there was to be; FULL; "" for a frame
    that simply goes on.
    """

    at: int
    verdict: Verdict
    data: bytes | None
    why: str = ""
    share: float | None = None


@dataclass(slots=True)
class Direction:
    """The wire from one host to another, frame by frame."""

    seed: str
    impairments: Impairments = PERFECT
    _chance: Random = field(init=False)
    _free_at: int = 0  # when the last bit of the last frame will have left
    _last_at: int = 0
    _leaving: deque[int] = field(default_factory=deque)  # when those in the queue will have left

    def __post_init__(self) -> None:
        self._chance = Random(self.seed)

    def decide(self, frame: bytes, now: int, room: bool = True) -> list[Delivery]:
        """What becomes of a frame that comes onto the wire at `now` (ns); `room`: whether it may
        wait for the rate."""
        bad = self.impairments
        if bad is PERFECT:
            return [Delivery(now, "delivered", frame)]
        draws = [self._chance.random() for _draw in range(6)]
        if draws[0] < bad.loss:
            return [Delivery(now, "dropped", None, "loss", bad.loss)]
        sent = self._through_the_queue(len(frame), now, room)
        if sent is None:
            return [Delivery(now, "dropped", None, FULL)]
        at = max(sent, sent + round((bad.delay + bad.jitter * (2 * draws[1] - 1)) * _SECOND))
        if draws[2] < bad.reorder:
            at += round(LATE * _SECOND)
            why = "reorder"
        else:
            at = self._last_at = max(at, self._last_at)
            why = ""
        if draws[3] < bad.corrupt:
            return [Delivery(at, "corrupted", _corrupted(frame, draws[4]), "corrupt")]
        if draws[5] < bad.duplicate:
            return [
                Delivery(at, "duplicated", frame, "duplicate"),
                Delivery(at, "delivered", frame),
            ]
        return [Delivery(at, "delivered", frame, why)]

    def _through_the_queue(self, size: int, now: int, room: bool) -> int | None:
        """When the frame's last bit leaves at the set rate; None where the queue is full."""
        rate, most = self.impairments.rate, self.impairments.queue
        if rate is None:
            return now
        while self._leaving and self._leaving[0] <= now:
            self._leaving.popleft()
        if not room or (most is not None and len(self._leaving) > most):
            return None
        begin = max(now, self._free_at)
        self._free_at = begin + round((size + _OVERHEAD) * 8 / rate * _SECOND)
        self._leaving.append(self._free_at)
        return self._free_at


def _corrupted(frame: bytes, where: float) -> bytes:
    """The frame with one bit the other way round, behind the Ethernet header."""
    bits = max(0, len(frame) - _HEADER) * 8
    if not bits:
        return frame
    bit = int(where * bits)
    changed = bytearray(frame)
    changed[_HEADER + bit // 8] ^= 0x80 >> bit % 8
    return bytes(changed)
