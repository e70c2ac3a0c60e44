"""What the journal has of one socket's numbers: found and folded a few milliseconds at a time.

The newest sample is looked for first, so that a table shows at once; then a few from everywhere, so
that a plot has its shape; then all the others, the newest first.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import islice
from time import perf_counter

from socklab.events import AnyEvent, Gauge, Info
from socklab.journal import Filter, Selection
from socklab.journal.codec import BLOCK
from socklab.journal.readable import Readable
from socklab.model.series import Series
from socklab.model.tcp_info import RUNNING, SAMPLED

RECENTLY = 60_000_000_000
"""What "lately" means, in ns."""

QUANTITIES = ("snd_cwnd", "rtt", "recv_queue", "send_queue")
"""What is kept over time."""

_GLANCES = 256
"""Samples that are read from everywhere before all are."""

_NEWS = tuple(field.name for field in SAMPLED if field.name not in RUNNING)


class Samples:
    """The `info` and `gauge` events of socket `sock`.

    `latest` is the newest sample of TCP_INFO and `changed` the fields that it had new. `revision`
    grows with everything that is read.
    """

    def __init__(self, journal: Readable, sock: int) -> None:
        self.sock = sock
        self.latest: Info | None = None
        self.changed: frozenset[str] = frozenset()
        self.revision = 0
        self._before: Info | None = None  # the sample before the latest
        self._journal = journal
        criteria = Filter(types=frozenset({Info, Gauge}), socks=frozenset({sock}))
        self._newest = journal.columns.count - 1  # everything up to it is the past's to read
        self._numbers = Selection(journal, criteria)
        self._past: Iterator[None] | None = self._read_past()
        # Queues are empty until a gauge says otherwise, if no gauge can have been missed.
        empty = 0 if journal.first == 0 else None
        before = {"recv_queue": empty, "send_queue": empty}
        self._whole = {name: Series(before=before.get(name)) for name in QUANTITIES}
        self._late = {
            name: Series(before=before.get(name), horizon=RECENTLY) for name in QUANTITIES
        }

    def series(self, name: str, *, lately: bool = False) -> Series:
        """One of QUANTITIES over time; with `lately` only its end, but finely."""
        return (self._late if lately else self._whole)[name]

    @property
    def first(self) -> int | None:
        """When the first sample of TCP_INFO that has been read was taken (ns since the epoch)."""
        return self._whole["rtt"].first

    @property
    def last(self) -> int | None:
        """When the last sample of either kind was taken."""
        ends = [series.last for series in self._whole.values()]
        return max((end for end in ends if end is not None), default=None)

    @property
    def reading(self) -> bool:
        """Whether there is more to read, now or in the past."""
        return self._past is not None or self._unread < len(self._numbers)

    @property
    def _unread(self) -> int:
        """The index of the first new one that hasn't been read."""
        return self._numbers.index(self._newest + 1)

    def advance(self, seconds: float) -> None:
        """Read on for about `seconds`: what is new, then what is older."""
        deadline = perf_counter() + seconds
        self._numbers.extend(seconds)
        while perf_counter() < deadline and self._unread < len(self._numbers):
            numbers = self._same_block(self._unread)
            self._read(numbers)
            self._newest = numbers[-1]
        while perf_counter() < deadline and self._past is not None:
            if next(self._past, self) is self:
                self._past = None

    def _same_block(self, index: int) -> list[int]:
        """The numbers from `index` on that are decoded together."""
        block = self._numbers[index] // BLOCK
        found = []
        for at in range(index, len(self._numbers)):
            if self._numbers[at] // BLOCK != block:
                break
            found.append(self._numbers[at])
        return found

    def _read_past(self) -> Iterator[None]:
        """Reads what there was at the beginning; another bit with each step."""
        numbers = self._numbers
        while not (numbers.older or numbers.complete):
            numbers.extend_back(0.001, rows=1)
            yield
        for index in range(numbers.older - 1, -1, -1):
            if self.latest is not None:
                break
            self._read([numbers[index]])
            yield
        while not numbers.extend_back(0.001):
            yield
        past = array("Q", islice(numbers, numbers.older))
        if len(past) > 4 * _GLANCES:
            for place in range(_GLANCES):
                self._read([past[place * len(past) // _GLANCES]])
                yield
        while past:
            block = past[-1] // BLOCK
            start = len(past)
            while start and past[start - 1] // BLOCK == block:
                start -= 1
            self._read(past[start:])
            del past[start:]
            yield

    def _read(self, numbers: Sequence[int]) -> None:
        for event in self._journal.pick(numbers):
            self._take(event)
        self.revision += 1

    def _take(self, event: AnyEvent) -> None:
        if isinstance(event, Info):
            self._add(event.t, snd_cwnd=event.snd_cwnd, rtt=event.rtt or None)
            self._take_info(event)
        elif isinstance(event, Gauge):
            self._add(event.t, recv_queue=event.recv_queue, send_queue=event.send_queue)

    def _take_info(self, info: Info) -> None:
        latest, before = self.latest, self._before
        if latest is None or info.n > latest.n:
            self.latest, self._before = info, latest
        elif info.n < latest.n and (before is None or info.n > before.n):
            self._before = info
        else:
            return
        self.changed = _difference(self._before, self.latest)

    def _add(self, t: int, **values: int | None) -> None:
        for name, value in values.items():
            if value is not None:
                self._whole[name].add(t, value)
                self._late[name].add(t, value)


def _difference(before: Info | None, after: Info | None) -> frozenset[str]:
    if before is None or after is None:
        return frozenset()
    return frozenset(name for name in _NEWS if getattr(before, name) != getattr(after, name))
