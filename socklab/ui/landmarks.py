"""What one wants to find in a recording: where a state changed, and where something failed."""

from __future__ import annotations

from socklab.events import State
from socklab.journal import Filter, Kind, Readable, Selection
from socklab.model.logline import NOT_YET


class _Failures(Filter):
    """Calls that failed, and what the lab itself reports as an error."""

    def admits(self, kind: Kind) -> bool:
        return kind.error is not None and kind.error not in NOT_YET


class Landmarks:
    """The numbers of those events in a journal, found a bit at a time, the latest first."""

    def __init__(self, journal: Readable) -> None:
        self.states = Selection(journal, Filter(types=frozenset({State})))
        self.errors = Selection(journal, _Failures())

    def advance(self, seconds: float) -> bool:
        """Goes on for about `seconds` at most; True once all have been found."""
        share = seconds / 4
        states = self.states.extend(share) and self.states.extend_back(share)
        errors = self.errors.extend(share) and self.errors.extend_back(share)
        return states and errors

    @property
    def found(self) -> tuple[int, int]:
        """How many have been found so far: the same numbers are the same landmarks."""
        return len(self.states), len(self.errors)


def after(landmarks: Selection, n: int) -> int | None:
    """The first of them from event `n` on."""
    index = landmarks.index(n)
    return landmarks[index] if index < len(landmarks) else None


def before(landmarks: Selection, n: int) -> int | None:
    """The last of them before event `n`."""
    while not landmarks.index(n) and not landmarks.extend_back():
        pass
    index = landmarks.index(n)
    return landmarks[index - 1] if index else None
