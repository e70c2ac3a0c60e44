"""A recording as a row of cells: which moment each stands for, and what happened in it.

Knows neither keys nor colours. The first cell is the recording's first event, the last its last.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from socklab.journal import Selection, Times
from socklab.model.units import duration_text
from socklab.ui.landmarks import Landmarks, after
from socklab.ui.playback import Scale

Mark = Literal["", "state", "error"]

_SECOND = 1_000_000_000
_ROOM = 12
"""Cells for the label of a tick, with what keeps it from the next."""

_WHOLE_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 86400)


class Bar:
    """`width` cells for what `times` has of a recording, on this scale."""

    def __init__(self, times: Times, scale: Scale, width: int) -> None:
        self.width = max(1, width)
        self._times = times
        self._scale = scale
        self._length = scale.length

    def cell(self, t: int) -> int:
        """The cell of the time `t` (ns since the epoch)."""
        passed = max(0, min(self._scale.passed(t), self._length))
        if not self._length:
            return self.width - 1
        return (2 * passed * (self.width - 1) + self._length) // (2 * self._length)

    def time(self, cell: int) -> int:
        """The time that a cell stands for."""
        cell = max(0, min(cell, self.width - 1))
        if cell == self.width - 1:
            return self._times.end
        return self._scale.time(self._length * cell // (self.width - 1))

    def events(self, cell: int) -> range:
        """The numbers of the events in a cell."""
        return range(self._first(cell), self._first(cell + 1))

    def _first(self, cell: int) -> int:
        """The first event in this cell or later."""
        if cell <= 0 or not self._length:
            return 0 if cell < self.width else self._times.ready
        if cell >= self.width:
            return self._times.ready
        passed = -((1 - 2 * cell) * self._length // (2 * (self.width - 1)))
        return self._times.count(self._scale.time(passed) - 1)

    def marks(self, landmarks: Landmarks) -> list[Mark]:
        """What there is in each cell; an error counts for more than a change of state."""
        firsts = [self._first(cell) for cell in range(self.width + 1)]
        marks: list[Mark] = [""] * self.width
        for landmark in (landmarks.states, landmarks.errors):
            word: Mark = "state" if landmark is landmarks.states else "error"
            for cell in _cells(landmark, firsts):
                marks[cell] = word
        return marks

    def ticks(self) -> Iterator[tuple[int, str]]:
        """Cells and labels for times since the beginning."""
        begin, end = self._times.begin, self._times.end
        step = _step((end - begin) * _ROOM // self.width)
        free = 0
        for passed in range(0, end - begin + 1, step):
            cell = self.cell(begin + passed)
            label = _label(passed, step)
            if cell >= free and cell + len(label) <= self.width:
                yield cell, label
                free = cell + len(label) + 2


def _cells(landmarks: Selection, firsts: list[int]) -> Iterator[int]:
    """The cells that have at least one."""
    cell, n = 0, after(landmarks, 0)
    while n is not None and n < firsts[-1]:
        while firsts[cell + 1] <= n:
            cell += 1
        yield cell
        n = after(landmarks, firsts[cell + 1])


def _step(least: int) -> int:
    """The first round duration (ns) that is no shorter than `least`."""
    if least <= _SECOND:
        power = 1
        while True:
            for step in (power, 2 * power, 5 * power):
                if step >= least:
                    return step
            power *= 10
    for seconds in _WHOLE_SECONDS:
        if seconds * _SECOND >= least:
            return seconds * _SECOND
    days = -(-least // (86400 * _SECOND))
    return days * 86400 * _SECOND


def _label(passed: int, step: int) -> str:
    if not passed:
        return "0"
    return duration_text(passed) if step < _SECOND else elapsed_text(passed, parts=0)


def elapsed_text(ns: int, *, parts: int = 3) -> str:
    """What has passed (ns): `0:12.345`, `1:02:03.456`; with so many digits behind the seconds."""
    fraction = f".{ns % _SECOND:09}"[: parts + 1] if parts else ""
    minutes, seconds = divmod(ns // _SECOND, 60)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return clock + fraction
