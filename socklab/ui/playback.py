"""How a recording goes on by itself: at what speed, and what becomes of its pauses.

Knows times only: those of the recording (ns since the epoch) and, handed in, the time on the clock
(s). It has no timer and shows nothing.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate

from socklab.i18n import _
from socklab.journal import Times

_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast: `factor` times as recorded; or None for an event a second, however fast they
    followed one another: a script's calls take microseconds."""

    label: str
    factor: float | None


SPEEDS: tuple[Speed, ...] = (
    Speed(_("1 event/s"), None),
    Speed("¼×", 0.25),
    Speed("½×", 0.5),
    Speed("1×", 1.0),
    Speed("2×", 2.0),
    Speed("4×", 4.0),
    Speed("16×", 16.0),
)
AS_RECORDED = 3


class Scale:
    """The recording's time as it passes here, from 0 at its first event: with its pauses, or
    (`brief`) with what they last beyond LONG left out."""

    def __init__(self, times: Times, *, brief: bool = False) -> None:
        self.brief = brief
        self._times = times
        self._begins: list[int] = []
        self._before: list[int] = [0]  # what the pauses before each leave out, and all of them

    def passed(self, t: int) -> int:
        """What has passed (ns) at `t` in the recording."""
        self._learn()
        index = bisect_right(self._begins, t)
        left_out = self._before[index]
        if index:  # it may lie in the pause itself
            left_out = min(left_out, self._before[index - 1] + t - self._begins[index - 1])
        return t - self._times.begin - left_out

    def time(self, passed: int) -> int:
        """The time in the recording when so much (ns) has passed."""
        self._learn()
        t = passed + self._times.begin
        index = bisect_left(range(len(self._begins)), t, key=self._begins_after)
        return t + self._before[index]

    def _begins_after(self, index: int) -> int:
        return self._begins[index] - self._before[index]

    @property
    def length(self) -> int:
        """How long it lasts (ns)."""
        return max(0, self.passed(self._times.end))

    def _learn(self) -> None:
        """Take over the pauses that have been found since."""
        new = self._times.pauses[len(self._begins) :] if self.brief else []
        if new:
            self._begins += [begin for begin, _length in new]
            self._before[-1:] = accumulate((long for _b, long in new), initial=self._before[-1])


class Playback:
    """Whether the recording goes on by itself, and how fast."""

    def __init__(self, times: Times) -> None:
        self.scale = Scale(times)
        self.playing = False
        self._times = times
        self._speed = AS_RECORDED
        self._begun = 0.0
        self._from = (0, 0)

    @property
    def speed(self) -> Speed:
        """How fast."""
        return SPEEDS[self._speed]

    def play(self, count: int, t: int, clock: float) -> None:
        """Go on from `t` with the first `count` events: that is it now by the `clock`."""
        self.playing = True
        self._begun = clock
        self._from = (count, t)

    def moment(self, clock: float) -> tuple[int, int]:
        """How many events there are now by the `clock`, and the time in the recording."""
        since = clock - self._begun
        count, t = self._from
        factor = self.speed.factor
        if factor is None:
            count += int(since)
            return count, self._times.at(count) if since >= 1 else t
        passed = self.scale.passed(t) + int(since * factor * _SECOND)
        t = max(t, self.scale.time(passed))  # it may begin within a pause that is cut
        return max(count, self._times.count(t)), t

    def faster(self, steps: int, clock: float) -> None:
        """So many steps faster; slower for a negative number."""
        self._from, self._begun = self.moment(clock), clock
        self._speed = max(0, min(self._speed + steps, len(SPEEDS) - 1))

    def cut_pauses(self, brief: bool, clock: float) -> None:
        """Leave out what pauses last beyond two seconds, or take the time that they took."""
        self._from, self._begun = self.moment(clock), clock
        self.scale = Scale(self._times, brief=brief)
