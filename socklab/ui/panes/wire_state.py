"""What is on the wire at some moment, and how it is set: folded from the journal, a bit at a time.

Of frames only the journal's columns are looked at, never the events themselves, so that a flood of
them takes little: which are held, and which are on their way. Commands and notes are read.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from itertools import compress, islice
from time import perf_counter

from socklab.events import Command, Fate, Frame, Note
from socklab.journal import Kind, Readable, of_frame, whole
from socklab.lab.language import parse_line
from socklab.lab.network_commands import SetNetwork, WireNext, WireSwap
from socklab.lab.words import LanguageError
from socklab.ui.panes.wire_settings import MATTERS, NO_WIRE, WireSettings, changed

STEP = 8192
"""Events looked at in one go: a millisecond at most."""

_MOST_RECENT = 16
_MOST_KEPT = 1000  # commands that may still be refused
_UNKNOWN = -1
_SPACING = 2 * STEP  # events from one copy to the next
_BY_RULE = frozenset({"dropped", "duplicated", "held"})


class WireState:
    """The wire after the first `position` events of the journal.

    `held` are the frames that wait, in their order, and `under_way` those that have no fate yet:
    the number of its Frame event by each one's `of_frame(id)`. `rules` are those that wait for
    their frame, by the number of the command. `frames` counts all there were; of the `recent` ones
    and of those last `released` by hand there are the events' numbers. `refused` is the number of
    the last command that was refused, and why.
    """

    def __init__(self, journal: Readable) -> None:
        self.position = journal.first
        self.settings = NO_WIRE
        self.held: dict[int, int] = {}
        self.under_way: dict[int, int] = {}
        self.frames = 0
        self.recent: deque[int] = deque(maxlen=_MOST_RECENT)
        self.released: deque[int] = deque(maxlen=_MOST_RECENT)
        self.rules: dict[int, WireNext] = {}
        self.refused: tuple[int, str] | None = None
        self.journal = journal
        self._asked: dict[int, object] = {}
        self._before = NO_WIRE
        self._network: dict[int, SetNetwork] = {}
        # What events of a kind are, by its number.
        self._frame: list[bool] = []
        self._held: list[bool] = []
        self._over: list[bool] = []
        self._ruled: list[bool] = []
        self._read: list[bool] = []

    def copy(self, journal: Readable) -> WireState:
        """One that goes on by itself in `journal`, the same recording at another moment."""
        other = WireState(journal)
        other.__dict__ |= {name: copy(value) for name, value in self.__dict__.items()}
        other.journal = journal
        return other

    def step(self) -> bool:
        """Go on a bit; True once the journal's end is reached."""
        columns = self.journal.columns
        begin = max(self.position, self.journal.first)
        start, kinds, ids = columns.slice(begin, min(begin + STEP, columns.count))
        self._learn(columns.table)
        self._take(start, kinds, ids)
        self.position = start + len(kinds)
        return self.position >= columns.count

    def _learn(self, table: Sequence[Kind]) -> None:
        for kind in table[len(self._frame) :]:
            fate = kind.type is Fate
            self._frame.append(kind.type is Frame)
            self._held.append(fate and kind.verdict == "held")
            self._over.append(fate and kind.verdict != "held")
            self._ruled.append(fate and kind.verdict in _BY_RULE)
            self._read.append(kind.type in (Command, Note))

    # Frames

    def _take(self, start: int, kinds: array[int], ids: array[int]) -> None:
        """The events from `start` on, frames in one go from one command to the next."""
        begin = 0
        for place in compress(range(len(kinds)), map(self._read.__getitem__, kinds)):
            self._frames(start + begin, kinds[begin:place], ids[begin:place])
            self._told(start + place)
            begin = place + 1
        self._frames(start + begin, kinds[begin:], ids[begin:])

    def _frames(self, start: int, kinds: array[int], ids: array[int]) -> None:
        if not kinds:
            return
        over = set(compress(ids, map(self._over.__getitem__, kinds)))
        came = list(map(self._frame.__getitem__, kinds))
        span = range(start, start + len(kinds))
        self._count(span, came)
        if not over.issuperset(compress(ids, came)):
            self.under_way.update(zip(compress(ids, came), compress(span, came), strict=True))
        if any(self._held[kind] for kind in set(kinds)):
            self._hold(ids, list(map(self._held.__getitem__, kinds)), over)
        _without(self.under_way, over)
        self.released.extend(_without(self.held, over))
        if self.rules and over:
            self._end_rules(start, kinds)

    def _count(self, span: range, came: list[bool]) -> None:
        self.frames += sum(came)
        latest = compress(reversed(span), reversed(came))
        self.recent.extend(reversed(list(islice(latest, _MOST_RECENT))))

    def _hold(self, ids: array[int], held: list[bool], over: set[int]) -> None:
        for code in compress(ids, held):
            n = self.under_way.pop(code, _UNKNOWN)
            if code not in over:
                self.held[code] = n

    def _end_rules(self, start: int, kinds: array[int]) -> None:
        """A rule is over with the frame that it was done to, whose fate names it."""
        ruled = list(
            compress(range(start, start + len(kinds)), map(self._ruled.__getitem__, kinds))
        )
        for fate in self.journal.pick(ruled):
            if fate.cause is not None:
                self.rules.pop(fate.cause, None)

    # Commands

    def _told(self, n: int) -> None:
        for event in self.journal.read(n, n + 1):
            if isinstance(event, Command):
                self._command(event)
            elif isinstance(event, Note) and event.cause is not None:
                self._outcome(event.cause, event)

    def _command(self, event: Command) -> None:
        command = _meant(event.text)
        if isinstance(command, SetNetwork):
            self._network[event.n] = command  # it takes a while, and may be refused
        elif isinstance(command, WireNext):
            self.rules[event.n] = command
        elif isinstance(command, WireSwap):
            self._swap(of_frame(command.one), of_frame(command.other))
        elif isinstance(command, MATTERS):
            self._asked[event.n] = command
            self.settings = changed(command, self.settings)
            if len(self._asked) > _MOST_KEPT:
                oldest = next(iter(self._asked))
                self._before = changed(self._asked.pop(oldest), self._before)

    def _outcome(self, cause: int, note: Note) -> None:
        """What the lab says of a command: that it was done, or why not."""
        network = self._network.pop(cause, None)
        if network is not None and note.level == "info":
            self._begin(changed(network, self.settings))
        if note.level == "warning" and self.settings.capturing:
            self.settings = replace(self.settings, capturing=False)  # too much to go on with
        if note.level == "info":
            self.rules.pop(cause, None)  # it has had its frame, whose fate is yet to come
        if note.level != "error":
            return
        self.refused = (cause, note.text)
        self.rules.pop(cause, None)
        if self._asked.pop(cause, None) is not None:
            self.settings = self._before
            for command in self._asked.values():
                self.settings = changed(command, self.settings)

    def _begin(self, settings: WireSettings) -> None:
        """Another network: what was on the wire is gone."""
        self.settings = self._before = settings
        for known in (self.held, self.under_way, self.rules, self._asked):
            known.clear()
        self.recent.clear()
        self.released.clear()

    def _swap(self, one: int, other: int) -> None:
        if one in self.held and other in self.held:
            places = {one: other, other: one}
            order = [places.get(code, code) for code in self.held]
            self.held = {code: self.held[code] for code in order}


class WireStates:
    """The states of the wire at the moments of one recording, or of the only one of a live lab.

    Going back in a recording, one begins from a copy that was kept on the way.
    """

    def __init__(self, journal: Readable) -> None:
        self._whole = whole(journal)
        self._copies: list[WireState] = []
        self.state = WireState(journal)

    def show(self, journal: Readable) -> None:
        """Another journal, or another moment of the same."""
        if whole(journal) is not self._whole:
            self._whole = whole(journal)
            self._copies.clear()
        before = [known for known in self._copies if known.position <= len(journal)]
        self.state = before[-1].copy(journal) if before else WireState(journal)

    def advance(self, seconds: float) -> bool:
        """Go on for about `seconds`; True once the journal's end is reached."""
        deadline = perf_counter() + seconds
        while not (done := self.state.step()):
            self._keep_copy()
            if perf_counter() >= deadline:
                break
        return done

    def _keep_copy(self) -> None:
        last = self._copies[-1].position if self._copies else 0
        recorded = self.state.journal is not self._whole
        if recorded and self.state.position - last >= _SPACING:
            self._copies.append(self.state.copy(self._whole))


def _without(known: dict[int, int], gone: set[int]) -> list[int]:
    """Those of `known` that are gone now."""
    return [known.pop(code) for code in known.keys() & gone]


def _meant(text: str) -> object:
    """The command that a line asks for; None for one of another grammar."""
    try:
        line = parse_line(text)
    except LanguageError:
        return None
    return None if line is None else line.command
