"""A few bytes for each event, so that a filter needs no event: its kind and its socket or frame.

The type, the program, the call's name and the error of an event take few different combinations,
so a combination is kept once (`Kind`) and an event only bears its number in `Columns.kinds`.
Knows neither files nor threads of its own; the journal fills it, any thread may read it.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from socklab.events import AnyEvent, Call, Event, Fate, Frame, Note
from socklab.journal.codec import TYPES, Outline

NO_SOCKET = -1

SPAN = 4096
"""Events of which it is kept what kinds there are among them."""

_MOST_FRAMES = 2**31 - 2
"""Frames with higher numbers can't be found by them."""

_Key = tuple[type[Event] | str, str | None, str | None, str | None]


class Kind(NamedTuple):
    """What events of one kind have in common.

    `call` is the system call of a `Call` or a `Wait`; `error` a failed call's errno by name, or
    `"error"` for a note of that level; `verdict` that of a `Fate`.
    """

    type: type[Event]
    program: str | None
    call: str | None
    error: str | None
    verdict: str | None = None


def of_frame(id: int) -> int:
    """What the column of sockets has for the events of frame `id`: a number below NO_SOCKET."""
    return NO_SOCKET - 1 - id if 0 <= id < _MOST_FRAMES else NO_SOCKET


class _Kinds(dict[_Key, int]):
    """The number of each kind, by how an event or an outline bears it; learns as it is asked.

    `calls` has those of calls that succeeded, by program and name, in plain dicts, which are looked
    through in half the time: nearly every event is one.
    """

    def __init__(self) -> None:
        self.table: list[Kind] = []
        self.accepts: set[int] = set()
        self.calls: dict[str | None, dict[str | None, int]] = {}
        self._numbers: dict[Kind, int] = {}

    def __missing__(self, key: _Key) -> int:
        kind_type, program, call, trouble = key
        if isinstance(kind_type, str):
            kind_type = TYPES.get(kind_type, Note)
        if kind_type is Note and trouble != "error":
            trouble = None
        if kind_type is Fate:
            kind = Kind(kind_type, program, None, None, trouble)
        else:
            kind = Kind(kind_type, program, call, trouble or None)
        number = self._numbers.setdefault(kind, len(self.table))
        if number == len(self.table):
            self.table.append(kind)
            if call == "accept":
                self.accepts.add(number)
        if kind_type is Call and not trouble:
            self.calls.setdefault(program, {})[call] = number
        self[key] = number
        return number


def _key(event: AnyEvent) -> _Key:
    if type(event) is Fate:
        return Fate, event.program, None, event.verdict
    if type(event) is Frame:
        return Frame, event.program, None, None
    trouble = getattr(event, "error", None) or getattr(event, "level", None)
    return type(event), event.program, getattr(event, "name", None), trouble


def _about(event: AnyEvent) -> int:
    if type(event) is Frame or type(event) is Fate:
        return of_frame(event.id)
    sock: int | None = getattr(event, "sock", None)
    return NO_SOCKET if sock is None else sock


def _outlined(outline: Outline) -> int:
    if outline.id is not None:
        return of_frame(outline.id)
    return NO_SOCKET if outline.sock is None else outline.sock


class Columns:
    """Kind and socket of the events [first, count), in a column each; a frame's events have
    `of_frame(id)` in the place of a socket.

    `table` holds the kinds by number; it only grows. `born` gives for a socket that an `accept`
    returned the number of that event, whose own socket is the listener.
    """

    def __init__(self, first: int = 0) -> None:
        self.first = first
        self.count = first
        self.born: dict[int, int] = {}
        self._codes = _Kinds()
        self._kinds = array("I")
        self._socks = array("i")
        self._present: dict[int, int] = {}  # by a span's number
        self._lock = threading.Lock()

    @property
    def table(self) -> Sequence[Kind]:
        """Every kind seen so far; its index is its number."""
        return self._codes.table

    def slice(self, start: int, stop: int) -> tuple[int, array[int], array[int]]:
        """Copies of both columns (kind numbers, sockets) for the events [start, stop).

        As far as they are kept: the first number returned is where the copies begin. -1 stands
        for no socket, what is below that for a frame.
        """
        with self._lock:
            first = self.first
            start = max(start, first)
            kinds = self._kinds[start - first : max(stop - first, 0)]
            return start, kinds, self._socks[start - first : max(stop - first, 0)]

    def kind(self, n: int) -> Kind:
        """Type, program, call and error of event `n`, which must be kept."""
        return self.table[self.slice(n, n + 1)[1][0]]

    def sock(self, n: int) -> int | None:
        """The socket of event `n`, which must be kept."""
        sock = self.slice(n, n + 1)[2][0]
        return sock if sock >= 0 else None

    def programs(self) -> list[str]:
        """The programs that events were seen of, in order of appearance."""
        return distinct(kind.program for kind in self.table)

    def calls(self) -> list[str]:
        """The system calls seen, in order of appearance."""
        return distinct(kind.call for kind in self.table)

    def present(self, start: int, stop: int) -> int | None:
        """Which kinds there are among the spans that have the events [start, stop): a bit for the
        number of each; None where such a span isn't complete."""
        found = 0
        for number in range(start // SPAN, -(-stop // SPAN)):
            mask = self._present.get(number)
            if mask is None:
                mask = self._look(number)
            if mask is None:
                return None
            found |= mask
        return found

    def _look(self, number: int) -> int | None:
        begin = number * SPAN
        with self._lock:
            if begin < self.first or begin + SPAN > self.count:
                return None
            kinds = set(self._kinds[begin - self.first : begin - self.first + SPAN])
        mask = self._present[number] = sum(1 << kind for kind in kinds)
        return mask

    def take(self, events: Sequence[AnyEvent]) -> None:
        """Adds the events that come next."""
        codes = self._codes
        calls = codes.calls
        try:
            kinds = [
                calls[event.program][event.name]
                if type(event) is Call and event.error is None
                else codes[_key(event)]
                for event in events
            ]
        except KeyError:  # a call that is new
            kinds = [codes[_key(event)] for event in events]
        socks = [
            event.sock if type(event) is Call and event.sock is not None else _about(event)
            for event in events
        ]
        if not codes.accepts.isdisjoint(kinds):
            self._note_births(events)
        self._add(kinds, socks)

    def take_outlines(self, outlines: Sequence[Outline]) -> None:
        """Adds the events that come next, as the outlines of their lines."""
        codes = self._codes
        kinds = [
            codes[o.type, o.program, o.name, o.error or o.level or o.verdict] for o in outlines
        ]
        socks = [_outlined(o) for o in outlines]
        if not codes.accepts.isdisjoint(kinds):
            self._note_births(outlines)
        self._add(kinds, socks)

    def _add(self, kinds: list[int], socks: list[int]) -> None:
        with self._lock:
            self._kinds.extend(array("I", kinds))  # of a list it takes twice as long
            self._socks.extend(array("i", socks))
            self.count += len(kinds)

    def _note_births(self, events: Iterable[AnyEvent | Outline]) -> None:
        for n, event in enumerate(events, self.count):
            sock = getattr(event, "new_sock", None)
            if sock is not None:
                self.born[sock] = n

    def drop(self, first: int) -> None:
        """Forgets the events before number `first`."""
        with self._lock:
            del self._kinds[: first - self.first]
            del self._socks[: first - self.first]
            self.first = first
            for number in [known for known in self._present if known * SPAN < first]:
                del self._present[number]
        # In order of n, so the search ends at the first that stays.
        gone = []
        for sock, n in self.born.items():
            if n >= first:
                break
            gone.append(sock)
        for sock in gone:
            del self.born[sock]


def distinct(names: Iterable[str | None]) -> list[str]:
    """The names that there are, each once, in order of appearance."""
    return [name for name in dict.fromkeys(names) if name is not None]
