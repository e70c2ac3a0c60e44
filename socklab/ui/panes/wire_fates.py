"""What became of a frame: its fates are found in the journal's columns when somebody asks."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from socklab.events import Fate, Frame
from socklab.i18n import _
from socklab.journal import Readable
from socklab.model.units import duration_text
from socklab.ui.panes.lately import Lately
from socklab.ui.panes.wire_state import WireState

_FIRST, _MOST = 64, 1 << 16
"""Events looked at for a fate: at first, since most come at once, and in one piece at most."""

_NEVER = 1 << 62
_WORTH_SAYING = 1_000_000  # ns


class Outcome(NamedTuple):
    """`held` if the frame was held, `last` if its fate is known; else it is under way."""

    held: Fate | None = None
    last: Fate | None = None

    @property
    def known(self) -> int:
        """How much is known: more later on."""
        return (self.held is not None) + 2 * (self.last is not None)


UNDER_WAY = Outcome()


class Fates:
    """The fates of frames as `state` knows them: none that it hasn't come to yet."""

    def __init__(self, journal: Readable, state: WireState) -> None:
        self._journal = journal
        self._state = state
        # What is known of a frame, and up to where its fate has been looked for.
        self._known: Lately[int, tuple[Outcome, int]] = Lately(4096)

    def of(self, n: int) -> Outcome:
        """Of the frame of event `n`."""
        outcome, upto = self._known.get(n) or (UNDER_WAY, n + 1)
        state = self._state
        if outcome.last is not None or upto >= state.position:
            return outcome
        code = self._journal.columns.slice(n, n + 1)[2][0]
        if state.under_way.get(code) == n or (outcome.held and state.held.get(code) == n):
            return outcome
        known = self._known[n] = self._look_on(code, outcome, upto)
        return known[0]

    def _look_on(self, code: int, outcome: Outcome, begin: int) -> tuple[Outcome, int]:
        """Look through the events from `begin` on."""
        size = _FIRST
        while begin < self._state.position:
            stop = min(begin + size, self._state.position)
            start, _kinds, ids = self._journal.columns.slice(begin, stop)
            for place in _places(ids, code):
                event = self._journal.read(start + place, start + place + 1)[0]
                if not isinstance(event, Fate):
                    return outcome, _NEVER  # the next network has begun to count anew
                if event.verdict != "held":
                    return Outcome(outcome.held, event), _NEVER
                outcome = Outcome(event)
            begin, size = max(stop, start + len(ids)), min(size * 8, _MOST)
        return outcome, begin


def _places(ids: array[int], code: int) -> Iterator[int]:
    at = -1
    with suppress(ValueError):
        while True:
            at = ids.index(code, at + 1)
            yield at


def verdict_parts(outcome: Outcome, *, brief: bool = False) -> list[tuple[str, str]]:
    """`✓ delivered`, `✗ dropped (rule)`, `‖ held`; `brief` leaves out what the sign says as well.

    How long it took is said where it is worth saying.
    """
    if outcome.last is None:
        return [_HELD if outcome.held is not None else ("➝ " + _("under way"), "accent")]
    fate = outcome.last
    sign, word, style = _VERDICTS.get(fate.verdict, ("?", fate.verdict, ""))
    late = " " + duration_text(fate.delay) if fate.delay >= _WORTH_SAYING else ""
    if fate.verdict == "delivered":
        if brief:
            return [(sign + late, style)]
        return [(f"{sign} {word}", style), (late and " " + _("after") + late, "dim")]
    why = f" ({_WHY.get(fate.why, fate.why)})" if fate.why and fate.verdict == "dropped" else ""
    return [(f"{sign} {word}{why}", style), ("" if brief else late, "dim")]


_HELD = ("‖ " + _("held"), "warning")
_VERDICTS = {
    "delivered": ("✓", _("delivered"), "good"),
    "dropped": ("✗", _("dropped"), "error"),
    "duplicated": ("⧉", _("duplicated"), "second"),
    "corrupted": ("≈", _("corrupted"), "warning"),
}
_WHY = {
    "loss": _("loss"),
    "rule": _("rule"),
    "by hand": _("by hand"),
    "queue full": _("queue full"),
    "unplugged": _("unplugged"),
}


def frame_at(journal: Readable, n: int) -> Frame | None:
    """The frame of event `n`; None if the journal has let go of it."""
    event = next(iter(journal.read(n, n + 1)), None)
    return event if isinstance(event, Frame) else None
