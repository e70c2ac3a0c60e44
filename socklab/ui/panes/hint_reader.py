"""Reads a journal for hints, a bounded amount for each frame of the screen.

Sends and receives are most of a busy journal. They are read while that is no trouble; of a socket
that has had thousands of them, and in a flood that comes faster than it is read, they are passed
over, and then nothing that counts them is said.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import compress
from time import perf_counter

from socklab.events import Call, Gauge, Program, State, Wait
from socklab.journal import Excerpt, Kind, Readable, whole
from socklab.journal.codec import BLOCK
from socklab.journal.opened import OpenedJournal
from socklab.model.hints import Hint, HintFinder
from socklab.model.hints.finder import MOST_HINTS
from socklab.model.transfers import MOVES

CHUNK = 4096
"""Events looked through at once where most are passed over."""

FLOOD, TORRENT = 20_000, 1_000_000
"""So many events behind a journal that grows, sends and receives are passed over; then all."""

_NOTHING, _MOVES, _MATTERS, _BEGINS = range(4)


class HintReader:
    """The hints in `journal` so far. `position` is the `n` of the next event to read.

    A recording is seen through excerpts, which end at different moments: what lies beyond the
    present one is known, but not told.
    """

    def __init__(self, journal: Readable) -> None:
        self._journal = journal
        self._live = not isinstance(journal, Excerpt | OpenedJournal)
        self._ticks = not isinstance(journal, OpenedJournal)  # its clock is that of today
        self._finder = HintFinder(complete=journal.first == 0)
        self._past = len(journal)
        self._sorts: list[int] = []
        self._step = BLOCK
        self.position = 0

    def show(self, journal: Readable) -> bool:
        """Go on with another excerpt of the same recording; False where it is another journal."""
        if whole(journal) is not whole(self._journal):
            return False
        self._journal = journal
        return True

    @property
    def behind(self) -> int:
        """How many events are not read yet."""
        return max(0, len(self._journal) - self.position)

    @property
    def found(self) -> int:
        """How many there were so far, those no longer kept too."""
        return self._finder.found

    @property
    def moment(self) -> tuple[int, int] | None:
        """Where an excerpt ends: before which event, and when; None for any other journal."""
        excerpt = self._journal
        return (len(excerpt), excerpt.now()) if isinstance(excerpt, Excerpt) else None

    def hints(self, keep: Hint | None = None) -> list[Hint]:
        """The newest hints as of the journal's end, oldest first; `keep` is among them though it
        may be older."""
        found, moment = self._finder.hints[-MOST_HINTS:], self.moment
        if keep is not None and keep not in found:
            found.insert(0, keep)
        if moment is None:
            return found
        end, now = moment
        return [hint for hint in found if hint.events[1] < end and hint.t <= now]

    @property
    def has_past(self) -> bool:
        """Whether there is more to read of what was recorded before anybody looked."""
        return self.behind > 0 and (not self._live or self.position < self._past)

    def advance(self, seconds: float) -> None:
        """Read on for at most about `seconds`."""
        deadline = perf_counter() + seconds
        while self.behind:
            self._read_on()
            if perf_counter() >= deadline:
                return
        if self._ticks:
            self._finder.tick(self._journal.now())

    def _read_on(self) -> None:
        size = len(self._journal)
        if self._live and self._journal.indexed and size - self.position > TORRENT:
            self._finder.lose()
            self.position = size - FLOOD
        flooded = self._live and self._journal.indexed and size - self.position > FLOOD
        self._finder.blind = flooded
        start = max(self.position, self._journal.first)
        stop = min(start - start % BLOCK + (CHUNK if flooded else self._step), size)
        columns = self._journal.columns
        start, kinds, socks = columns.slice(start, stop)
        self._sorts.extend(map(_sort_of, columns.table[len(self._sorts) :]))
        here = set(kinds)
        if flooded:
            self._finder.miss(self._moved(kinds, socks, here))
        wanted = self._wanted(kinds, socks, here, flooded)
        self._apply(start, stop, wanted)
        self._step = BLOCK if any(wanted) else CHUNK  # where none was of use, few will be
        self.position = stop

    def _wanted(
        self, kinds: array[int], socks: array[int], here: set[int], flooded: bool
    ) -> list[bool]:
        """Which of these events, of the kinds `here`, to read: of those that move data, the ones
        that are of use. Empty where it is none at all.

        All of them, if a socket begins here: it may be one of theirs.
        """
        begins = any(self._sorts[kind] == _BEGINS for kind in here)
        if begins and not flooded:
            return [bool(self._sorts[kind]) for kind in kinds]
        awaited = self._awaited(here)
        matters = [sort >= _MATTERS or kind in awaited for kind, sort in enumerate(self._sorts)]
        watched = set() if flooded else set(filter(self._finder.watches, set(socks)))
        if not watched:
            some = any(matters[kind] for kind in here)
            return list(map(matters.__getitem__, kinds)) if some else []
        moves = [sort == _MOVES for sort in self._sorts]
        return [
            matters[kind] or (moves[kind] and sock in watched)
            for kind, sock in zip(kinds, socks, strict=True)
        ]

    def _moved(self, kinds: array[int], socks: array[int], here: set[int]) -> set[int]:
        """The sockets of those among these events that move data."""
        moves = [sort == _MOVES for sort in self._sorts]
        if all(moves[kind] for kind in here):
            return set(socks)  # in a flood, which is in a hurry, that is the rule
        return set(compress(socks, map(moves.__getitem__, kinds)))

    def _awaited(self, here: set[int]) -> set[int]:
        """The kinds of calls that a program is, or gets, blocked in: their returns end that."""
        table = self._journal.columns.table
        kinds = [(number, table[number]) for number in here]
        waits = {(kind.program, kind.call) for _number, kind in kinds if kind.type is Wait}
        return {
            number
            for number, kind in kinds
            if kind.type is Call
            and ((kind.program, kind.call) in waits or self._finder.waits(kind.program, kind.call))
        }

    def _apply(self, start: int, stop: int, wanted: Sequence[bool]) -> None:
        apply = self._finder.apply
        for event in self._journal.pick(list(compress(range(start, stop), wanted))):
            apply(event)


def _sort_of(kind: Kind) -> int:
    if kind.type is not Call:
        if kind.type in (State, Wait):
            return _BEGINS
        return _MATTERS if kind.type in (Gauge, Program) else _NOTHING
    if kind.call in ("socket", "accept"):
        return _BEGINS
    if kind.error is None and kind.call == "poll":
        return _NOTHING
    return _MOVES if kind.error is None and kind.call in MOVES else _MATTERS
