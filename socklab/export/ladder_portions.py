"""A record's events in portions that are put in order together, with the courses of its frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from socklab.events import AnyEvent, Fate, Frame
from socklab.export.record import Record, blocks
from socklab.model.ladder import SHOWN, Course
from socklab.model.ladder_rows import is_late

_ORDERED = 1024
"""Events that are put in order together: as many as a flood can have within a few milliseconds."""

_AHEAD = 256
"""Events that are known beyond those: a frame's fate is among them, if it came to it at once."""

_MOST_FRAMES = 4096
"""Frames under way at a time; what becomes of earlier ones isn't told."""


class Portion(NamedTuple):
    """Events that follow on those of the portion before, what is known of the frames among them,
    by the numbers of events, and some of the events after these."""

    events: list[AnyEvent]
    courses: dict[int, Course]
    ahead: list[AnyEvent]


def has_row(event: AnyEvent) -> bool:
    """Whether the event has a row of its own."""
    if type(event) is Fate:
        return is_late(event)
    return type(event) is Frame or type(event) in SHOWN


def portions(record: Record) -> Iterator[Portion]:
    """All of them, from the record's first event to its last."""
    waiting: list[AnyEvent] = []
    under_way = _UnderWay()
    for events in blocks(record):
        for event in events:
            if type(event) is Frame:
                under_way.begin(event)
            elif type(event) is Fate:
                under_way.end(event)
            elif type(event) not in SHOWN:
                continue
            waiting.append(event)
        while len(waiting) >= _ORDERED + _AHEAD:
            yield under_way.portion(waiting[:_ORDERED], waiting[_ORDERED : _ORDERED + _AHEAD])
            del waiting[:_ORDERED]
    yield under_way.portion(waiting, [])


@dataclass(slots=True)
class _UnderWay:
    """The frames whose last fate hasn't come, by their numbers, and the courses to be told of."""

    frames: dict[int, tuple[Frame, list[Fate]]] = field(default_factory=dict)
    courses: dict[int, Course] = field(default_factory=dict)

    def begin(self, frame: Frame) -> None:
        self.frames[frame.id] = (frame, [])
        if len(self.frames) > _MOST_FRAMES:
            del self.frames[next(iter(self.frames))]

    def end(self, fate: Fate) -> None:
        known = self.frames.get(fate.id)
        if known is None:
            return
        frame, fates = known
        fates.append(fate)
        self.courses[frame.n] = self.courses[fate.n] = Course(frame, tuple(fates))
        if fate.verdict != "held":
            del self.frames[fate.id]

    def portion(self, events: list[AnyEvent], ahead: list[AnyEvent]) -> Portion:
        """The next one. What was known of it is forgotten then."""
        courses, last = self.courses, events[-1].n if events else -1
        self.courses = {n: course for n, course in courses.items() if n > last}
        return Portion(events, courses, ahead)
