"""What became of each frame: found again by the frame, and said in a few words."""

from __future__ import annotations

from array import array
from bisect import bisect_left

from socklab.events import Fate, Frame
from socklab.i18n import _
from socklab.model.escaping import plain
from socklab.model.units import duration_text

NOTABLE = 1_000_000
"""Nanoseconds below which a frame has simply passed."""

PASSED = -2
"""The place of the fate of a frame that has simply passed: it needn't be read."""

_NOT_YET = -1
_CHANCE = frozenset({"loss", "duplicate", "reorder", "corrupt"})
_VERDICTS = {
    "delivered": _("delivered"),
    "dropped": _("dropped"),
    "held": _("held"),
    "duplicated": _("duplicated"),
    "corrupted": _("corrupted"),
}


class Fates:
    """Where in a record the fates of its frames stand: 16 bytes for each frame.

    A number may be given to a frame again once the one that had it has met its fate.
    """

    def __init__(self) -> None:
        self._frames = array("q")
        self._lasts = array("q")
        self._held: dict[int, int] = {}
        self._places: dict[int, int] = {}

    def came(self, frame: Frame) -> None:
        """The next frame."""
        self._places[frame.id] = len(self._frames)
        self._frames.append(frame.n)
        self._lasts.append(_NOT_YET)

    def ended(self, fate: Fate) -> None:
        """What becomes of one."""
        place = self._places.get(fate.id)
        if place is None:
            return
        frame = self._frames[place]
        if fate.verdict == "held":
            self._held[frame] = fate.n
            return
        del self._places[fate.id]
        simply = fate.verdict == "delivered" and fate.delay < NOTABLE and frame not in self._held
        self._lasts[place] = PASSED if simply else fate.n

    def held(self, n: int) -> int | None:
        """The `n` of the fate that held the frame of event `n`."""
        return self._held.get(n)

    def last(self, n: int) -> int | None:
        """The `n` of its last one, or PASSED; None for a frame that never got there."""
        place = bisect_left(self._frames, n)
        found = place < len(self._frames) and self._frames[place] == n
        return self._lasts[place] if found and self._lasts[place] != _NOT_YET else None


def fate_text(frame: Frame, held: Fate | None, last: Fate | None, command: str = "") -> str:
    """`dropped by rule (wire next drop syn)`, `held 1.2 s by hand`, of a frame that hasn't simply
    passed. `command` is the line that asked for it, as far as one did."""
    if held is not None:
        return _held_text(held, last, command)
    if last is None:
        return _("still under way when the record ends")
    if last.verdict != "delivered":
        return _ended_text(frame, last, command)
    text = _("delivered after {delay}", delay=duration_text(last.delay))
    return f"{text} {_by(last, command)}".rstrip()


def _held_text(held: Fate, last: Fate | None, command: str) -> str:
    by = _by(held, command)
    if last is None:
        return _("held {by}, and still when the record ends", by=by)
    text = _("held {time} {by}", time=duration_text(last.delay), by=by)
    if last.verdict == "delivered":
        return text
    return _("{held}, then {fate}", held=text, fate=f"{_VERDICTS[last.verdict]} {_by(last, '')}")


def _ended_text(frame: Frame, fate: Fate, command: str) -> str:
    text = f"{_VERDICTS[fate.verdict]} {_by(fate, command)}".rstrip()
    change = _change(frame.data, fate.data)
    return f"{text}: {change}" if change else text


def _by(fate: Fate, command: str) -> str:
    """By whom or what."""
    if fate.why == "rule":
        return _("by rule (`{command}`)", command=command) if command else _("by rule")
    if fate.why == "by hand":
        return _("by hand")
    if fate.why in _CHANCE:
        return _("by chance ({what})", what=fate.why)
    return f"({plain(fate.why)})" if fate.why else ""


def _change(sent: bytes, came: bytes | None) -> str:
    if came is None:
        return ""
    pairs = enumerate(zip(sent, came, strict=False))
    changed = next(((at, *both) for at, both in pairs if both[0] != both[1]), None)
    if changed is None:
        return ""
    at, old, new = changed
    return _("byte {at} was 0x{old}, came as 0x{new}", at=at, old=f"{old:02x}", new=f"{new:02x}")
