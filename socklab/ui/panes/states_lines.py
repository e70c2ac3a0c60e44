"""The steps of a connection's ends as lines, oldest first: each stands for its `state` event.

`StepReader` finds them in the journal, of which it decodes nothing but those events and the calls
that led to them. How many there are depends on the sockets alone, so a flood costs it nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

from socklab.events import Call, State
from socklab.journal import Filter, Readable, Selection
from socklab.model.state_diagram import SIGNS
from socklab.model.step_words import cause_text
from socklab.model.units import duration_text
from socklab.model.walks import KEEP, Step, Walk
from socklab.ui.panes.cells import Part, width_of

STYLES = ("accent", "second")
"""Of the opener and of the other end."""

_MOST = 2 * KEEP
_STATE_WIDTH = len("ESTABLISHED")
_TIME_WIDTH = 9
_WITH_TIMES = 42
"""From this width on (cells) there is room for the times."""


class EndStep(NamedTuple):
    """A step, and the end that made it: 0 for the opener, 1 for the other one."""

    end: int
    step: Step


class StepReader:
    """The walks of one or two sockets, as far as the journal has been read."""

    def __init__(self, journal: Readable, socks: Sequence[int]) -> None:
        self._journal = journal
        criteria = Filter(types=frozenset({State}), socks=frozenset(socks))
        self._numbers = Selection(journal, criteria)
        self._socks = tuple(socks)
        self._told = -1
        self.walks = [Walk(sock) for sock in socks]
        self.reading = True

    def advance(self, seconds: float) -> bool:
        """Read on for about `seconds`; whether there is anything new to see.

        The past is found newest first but told in its order, so nothing is told before all of it
        that is kept has been found.
        """
        if self.reading:
            done = self._numbers.extend_back(seconds, rows=_MOST - self._numbers.older)
            self.reading = not done and self._numbers.older < _MOST
        self._numbers.extend(seconds)
        if self.reading:
            return False
        numbers = self._numbers
        start = max(numbers.index(self._told + 1), len(numbers) - _MOST)
        new = [numbers[at] for at in range(start, len(numbers))]
        for event in self._journal.pick(new):
            self._told = event.n
            if isinstance(event, State):
                self._take(event)
        return bool(new)

    def _take(self, event: State) -> None:
        cause = None
        if event.cause is not None:
            cause = next(iter(self._journal.read(event.cause, event.cause + 1)), None)
        walk = self.walks[self._socks.index(event.sock)]
        walk.add(event, cause if isinstance(cause, Call) else None)

    def steps(self) -> list[EndStep]:
        """Those of both ends in one list, by time."""
        found = [EndStep(end, step) for end, walk in enumerate(self.walks) for step in walk]
        return sorted(found, key=lambda one: (one.step.t, one.step.n))


class StepLines:
    """The lines."""

    origin = 0

    def __init__(self, reader: StepReader) -> None:
        self._reader = reader
        self.steps: list[EndStep] = []

    def renew(self) -> None:
        """Take over what has been read."""
        self.steps = self._reader.steps()

    def __len__(self) -> int:
        return len(self.steps)

    def key(self, index: int) -> Hashable:
        """The event. What it meant may yet become clear: whoever renews forgets what was drawn."""
        return self.steps[index].step.n

    def index(self, n: int) -> int | None:
        """The line of event `n`."""
        return next((at for at, one in enumerate(self.steps) if one.step.n == n), None)

    def parts(self, index: int, width: int) -> Sequence[Part]:
        """One step: whose, its number, the new state, what caused it, and when."""
        end, step = self.steps[index]
        walks = self._reader.walks
        peer = walks[1 - end] if len(walks) > 1 else None
        return draw_step(end, step, peer, width, self.steps[0].step.t)


def draw_step(end: int, step: Step, peer: Walk | None, width: int, begun: int) -> list[Part]:
    """A step's line of `width` cells; `begun` is the time (ns) from which its own is counted."""
    number = f"{SIGNS[end][step.inferred]}{step.number} ".ljust(3)
    room = width - width_of(number) - _STATE_WIDTH - 1
    when = ""
    if width >= _WITH_TIMES:
        room -= _TIME_WIDTH
        when = "+" + duration_text(max(0, step.t - begun)) if step.t > begun else "0"
    said = cause_text(step, peer, room)
    return [
        (number, STYLES[end]),
        (f"{step.new:<{_STATE_WIDTH}} ", "dim" if step.inferred else "strong"),
        (said + " " * (room - width_of(said)), "dim" if step.inferred else ""),
        (when.rjust(_TIME_WIDTH) if when else "", "dim"),
    ]
