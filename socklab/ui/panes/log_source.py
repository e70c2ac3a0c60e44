"""The Log's lines: the events that a choice lets through, each found again by its number."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from socklab.events import EVENT_TYPES, AnyEvent
from socklab.i18n import _
from socklab.journal import Filter, Readable, Selection
from socklab.model.ladder_lanes import servers
from socklab.ui.panes.cells import Part
from socklab.ui.panes.log_filter import Choice
from socklab.ui.panes.log_format import LogFormat, copied_text, whole_text


def filter_for(choice: Choice) -> Filter:
    """The journal's filter for what somebody chose."""
    return Filter(
        types=frozenset(kind for kind in EVENT_TYPES if kind.__name__.lower() in choice.kinds),
        programs=None if choice.program is None else frozenset({choice.program}),
        calls=None if choice.call is None else frozenset({choice.call}),
        socks=None if choice.sock is None else frozenset({choice.sock}),
        errors_only=choice.errors,
        text=choice.text,
    )


class LogSource:
    """The events of `journal` that `choice` lets through, as lines. `origin`: see VirtualLines.

    `reading` tells whether there are events that nobody has looked at yet.
    """

    def __init__(self, journal: Readable, choice: Choice, format: LogFormat) -> None:
        self.journal = journal
        self.choice = choice
        self.numbers = Selection(journal, filter_for(choice), whole_text)
        self.reading = True
        self.origin = 0
        self._format = format
        self._kinds_met = 0

    def advance(self, seconds: float, rows: int | None = None) -> None:
        """Look for what is new, then for what is older, for about `seconds` each at most.

        `rows`: so many older ones will do.
        """
        self._meet_programs()
        numbers = self.numbers
        last = numbers[-1] if len(numbers) else None
        position = self.origin + len(numbers) - 1
        self.reading = not (numbers.extend(seconds) and numbers.extend_back(seconds, rows))
        # Old rows come before the first, and leave where the journal lets go of them; the one that
        # was the last tells by how many the others have moved.
        self.origin = -numbers.older if last is None else position - numbers.index(last)

    def _meet_programs(self) -> None:
        """All of them have the same column, whichever of their lines are drawn first."""
        kinds = self.journal.columns.table
        new = kinds[self._kinds_met :]
        if not new:
            return
        self._kinds_met += len(new)
        for kind in new:
            self._format.meet(kind.program or "")
        self._format.serving = servers((kind.program, kind.call) for kind in kinds)

    def __len__(self) -> int:
        return len(self.numbers)

    def key(self, index: int) -> Hashable:
        """The event; and what other events change: the width of the programs' column, and who
        serves."""
        return self.numbers[index], self._format.program_width, self._format.serving

    def parts(self, index: int, width: int) -> Sequence[Part]:
        """The line of the event."""
        event = self.event(index)
        if event is None:
            return [(" " + _("this event is no longer in memory"), "dim")]
        return self._format.parts(event, width)

    def event(self, index: int) -> AnyEvent | None:
        """The event of a line, None if the journal has let go of it."""
        n = self.numbers[index]
        return next(iter(self.journal.read(n, n + 1)), None)

    def copied(self, index: int) -> str:
        """The line as it is copied: whole."""
        event = self.event(index)
        return "" if event is None else copied_text(event)
