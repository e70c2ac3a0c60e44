"""What surrounds an event in its journal: found through the columns, a bounded amount at a time."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from socklab.events import AnyEvent, Call, Note, State, Wait
from socklab.explain.case import Past
from socklab.journal import Kind, Readable
from socklab.model.sockets import SocketTable
from socklab.model.zero import BREAKS, gave_nothing, shuts_receiving, tells_of_break

STEP = 16_384
PATIENCE = 0.03
"""Seconds after which a neighbour that hasn't been found isn't looked for any further."""

WINDOW, MOST = 4096, 12
"""Events behind one that are looked through for what it led to, and how many of those are kept."""

_CHUNK = 256
_SOON = 64

Wanted = Callable[[Kind], bool]


@dataclass(frozen=True, slots=True)
class Doubts:
    """The calls on a receive's socket for which it may have given 0 at no end of the stream: the
    program's own shutdown of its receiving, and one that told that the connection broke.
    `complete`: what isn't here there never was."""

    shut: Call | None = None
    broken: Call | None = None
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Around:
    """What is known around an event; None and empty where there is nothing, or nothing yet.

    `cause` led to it, `effects` came of it, `previous` is its socket's change of state before it,
    `answer` the return of the call that it waits in, `past` knows the calls before it; `doubts` is
    given for a receive of nothing. `before` are the sockets just before it; `reading` says that
    they are still being worked out. `hints` are sentences about it. `system` is the one that it was
    recorded on.
    """

    cause: AnyEvent | None = None
    effects: tuple[AnyEvent, ...] = ()
    previous: State | None = None
    answer: Call | None = None
    before: SocketTable | None = None
    reading: bool = False
    hints: tuple[str, ...] = ()
    past: Past | None = None
    doubts: Doubts | None = None
    system: str = "Linux"

    @property
    def notes(self) -> tuple[Note, ...]:
        """What the lab said about it."""
        return tuple(event for event in self.effects if isinstance(event, Note))


def look_around(journal: Readable, event: AnyEvent) -> Around:
    """What is found at once around `event`; not its effects, the sockets, hints and past calls."""
    cause = None if event.cause is None else read_one(journal, event.cause)
    return Around(
        cause=cause,
        previous=_previous(journal, event),
        answer=_answer(journal, event),
        doubts=_doubts(journal, event),
        system=journal.header.system or "Linux",
    )


def read_one(journal: Readable, n: int) -> AnyEvent | None:
    """Event `n`, if the journal (still) has it."""
    if not journal.first <= n < len(journal):
        return None
    return next(iter(journal.read(n, n + 1)), None)


def _previous(journal: Readable, event: AnyEvent) -> State | None:
    if not isinstance(event, State):
        return None
    n = neighbour(journal, event.n, -1, event.sock, lambda kind: kind.type is State)
    found = None if n is None else read_one(journal, n)
    return found if isinstance(found, State) else None


def _answer(journal: Readable, event: AnyEvent) -> Call | None:
    if not isinstance(event, Wait) or event.sock is None:
        return None

    def returned(kind: Kind) -> bool:
        return kind.type is Call and (kind.program, kind.call) == (event.program, event.name)

    n = neighbour(journal, event.n, 1, event.sock, returned)
    found = None if n is None else read_one(journal, n)
    return found if isinstance(found, Call) and found.t == event.t else None


def _doubts(journal: Readable, event: AnyEvent) -> Doubts | None:
    if not isinstance(event, Call) or event.sock is None or not gave_nothing(event):
        return None
    begun, over = time.perf_counter(), event.t + event.duration

    def last(stop: int, wanted: Wanted, fits: Callable[[Call], bool]) -> Call | None:
        for n in neighbours(journal, stop, -1, event.sock, wanted):
            call = read_one(journal, n)
            if isinstance(call, Call) and fits(call):
                return call
        return None

    # What wakes a receive may be recorded after it.
    shut = last(
        event.n + _SOON,
        lambda kind: kind.call == "shutdown",
        lambda call: shuts_receiving(call) and call.t <= over,
    )
    broken = last(
        event.n,
        lambda kind: kind.error in BREAKS or kind.call == "getsockopt",
        tells_of_break,
    )
    in_time = time.perf_counter() - begun < PATIENCE
    return Doubts(shut, broken, complete=in_time and journal.first == 0)


def neighbour(
    journal: Readable, n: int, step: int, sock: int | None = None, wanted: Wanted | None = None
) -> int | None:
    """The nearest event before (`step` -1) or after (1) event `n` that is `wanted`; with `sock`
    the nearest of that socket, the accept that it came from included. None if there is none."""
    return next(neighbours(journal, n, step, sock, wanted), None)


def neighbours(
    journal: Readable,
    n: int,
    step: int,
    sock: int | None = None,
    wanted: Wanted | None = None,
    seconds: float = PATIENCE,
) -> Iterator[int]:
    """As `neighbour`, the nearest first: all that are found within about `seconds`."""
    deadline = time.perf_counter() + seconds
    columns = journal.columns
    admitted: dict[int, bool] = {}
    born = columns.born.get(sock) if sock is not None else None
    for numbers, kinds, socks in _slices(journal, n, step, deadline):
        places = range(len(kinds)) if sock is None else _places(socks, sock)
        if born is not None and born in numbers:
            places = sorted({*places, born - numbers[0]})
        for place in places if step > 0 else reversed(places):
            kind = kinds[place]
            if wanted is None or admitted.setdefault(kind, wanted(columns.table[kind])):
                yield numbers[place]


def _slices(
    journal: Readable, n: int, step: int, deadline: float
) -> Iterator[tuple[range, array[int], array[int]]]:
    """The columns from event `n` on, away from it, a piece at a time: numbers, kinds, sockets."""
    columns = journal.columns
    low, high = (n + 1, n + 1 + STEP) if step > 0 else (n - STEP, n)
    while high > journal.first and low < columns.count and time.perf_counter() < deadline:
        first, kinds, socks = columns.slice(max(low, 0), min(high, columns.count))
        yield range(first, first + len(kinds)), kinds, socks
        low, high = (high, high + STEP) if step > 0 else (low - STEP, low)


def _places(socks: array[int], sock: int) -> Sequence[int]:
    found: list[int] = []
    start = 0
    while True:
        try:
            start = socks.index(sock, start) + 1
        except ValueError:
            return found
        found.append(start - 1)


@dataclass(slots=True)
class Effects:
    """The events that event `n` led to, found among those that follow it closely."""

    journal: Readable
    n: int
    found: list[AnyEvent] = field(default_factory=list)
    _read: int = 0

    @property
    def complete(self) -> bool:
        """Whether all that will be looked at has been."""
        return self._read >= WINDOW or len(self.found) >= MOST

    def advance(self, seconds: float) -> bool:
        """Goes on for about `seconds`, as far as there are events; True if more were found."""
        deadline, before = time.perf_counter() + seconds, len(self.found)
        while not self.complete and time.perf_counter() < deadline:
            start = self.n + 1 + self._read
            events = self.journal.read(start, start + _CHUNK)
            if not events:
                break
            self._read = events[-1].n - self.n
            self.found += [event for event in events if event.cause == self.n]
        return len(self.found) > before
