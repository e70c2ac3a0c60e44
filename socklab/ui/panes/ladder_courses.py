"""What became of the frames that a ladder shows, looked up as they are drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from socklab.events import AnyEvent, Fate, Frame
from socklab.journal import FrameIndex, Readable, of_frame
from socklab.journal.frame_index import AHEAD
from socklab.model.ladder_rows import Course, is_late


class Waiting:
    """Frames whose end isn't known, of what there was before event `seen`."""

    def __init__(self, journal: Readable, frames: Sequence[Frame], seen: int) -> None:
        self._journal = journal
        self._ids = frozenset(of_frame(frame.id) for frame in frames)
        self._seen = seen
        self._until = max((frame.n for frame in frames), default=0) + AHEAD
        self._news = False

    def is_over(self) -> bool:
        """Whether something has become of one of them."""
        if self._news or not self._ids or self._seen >= self._until:
            return self._news
        columns = self._journal.columns
        if columns.count > self._seen:
            about = columns.slice(self._seen, self._until)[2]
            self._seen = columns.count
            self._news = not self._ids.isdisjoint(about)
        return self._news


class Found(NamedTuple):
    """Events with the fates that their frames came to at once, and the frames' courses by the
    numbers of events. `waiting` tells when there is more to know of them."""

    events: list[AnyEvent]
    courses: dict[int, Course]
    waiting: Waiting


class Courses:
    """Of the frames of a journal. Of one thread."""

    def __init__(self, journal: Readable, index: FrameIndex) -> None:
        self._journal = journal
        self._index = index

    def of(self, numbers: Sequence[int]) -> Found:
        """The events with these numbers, and what is known of the frames among them."""
        # Before anything is read: what comes meanwhile is news.
        count = self._journal.columns.count
        courses: dict[int, Course] = {}
        found: list[AnyEvent] = []
        waits: list[Frame] = []
        for event, fates in self._read(numbers):
            found += (event, *(fate for fate in fates if not is_late(fate)))
            if type(event) is Frame:
                courses[event.n] = Course(event, fates)
                if all(fate.verdict == "held" for fate in fates):
                    waits.append(event)
            elif type(event) is Fate:
                courses[event.n] = self._course_of(event)
        return Found(found, courses, Waiting(self._journal, waits, count))

    def with_fates(self, numbers: Sequence[int]) -> list[AnyEvent]:
        """The events with these numbers, each frame followed by what became of it at once."""
        found: list[AnyEvent] = []
        for event, fates in self._read(numbers):
            found += (event, *(fate for fate in fates if not is_late(fate)))
        return found

    def _read(self, numbers: Sequence[int]) -> Iterator[tuple[AnyEvent, tuple[Fate, ...]]]:
        """The events with these numbers, each with what soon became of it if it is a frame."""
        soon = self._index.soon(numbers)
        # In one go: what belongs together mostly lies together.
        wanted = sorted({*numbers, *(n for its in soon.values() for n in its)})
        read = {event.n: event for event in self._journal.pick(wanted)}
        for n in numbers:
            event = read.get(n)
            if event is not None:
                fates = (read.get(at) for at in soon.get(n, ()))
                yield event, tuple(fate for fate in fates if type(fate) is Fate)

    def _course_of(self, fate: Fate) -> Course:
        """The way of a frame that has come to this late."""
        n = self._index.frame(fate.id, fate.n)
        events = [] if n is None else self._journal.read(n, n + 1)
        frame = events[0] if events else None
        if type(frame) is not Frame:
            return Course(None)
        before = [at for at in self._index.fates(fate.id, frame.n) if at < fate.n]
        its = [event for event in self._journal.pick(before) if type(event) is Fate]
        return Course(frame, (*its, fate))
