"""A quantity over time, as samples told it: any number of them, in bounded memory.

Samples may come in any order. Where there are more than a plot could ever show, neighbours are put
together, of which the least, the greatest and the last value stay: no peak is ever lost.
"""

from __future__ import annotations

from typing import NamedTuple

MOST_BINS = 256
"""More than a plot of the widest terminal has columns."""

_FINEST = 1 << 26  # ns, some 67 ms: below the distance of two samples


class Span(NamedTuple):
    """The least and the greatest value in a stretch of time."""

    low: int
    high: int


class _Bin(NamedTuple):
    low: int
    high: int
    t: int  # ns, of the last sample in it
    last: int


class Series:
    """A quantity that keeps its value from one sample to the next.

    `before` is what it was before the first sample, None if that isn't known. With a `horizon`
    (ns) what is older than that is forgotten.
    """

    def __init__(self, *, before: int | None = None, horizon: int | None = None) -> None:
        self._before = before
        self._horizon = horizon
        self._width = _FINEST
        self._bins: dict[int, _Bin] = {}
        self._order: list[int] = []
        self._sorted = True
        self._newest: int | None = None

    def add(self, t: int, value: int) -> None:
        """It had this value at `t` (ns since the epoch)."""
        newest = t if self._newest is None else max(t, self._newest)
        if self._horizon is not None and t < newest - self._horizon:
            return
        self._newest = newest
        self._put(t // self._width, _Bin(value, value, t, value))
        if len(self._bins) > MOST_BINS:
            self._make_room()

    @property
    def now(self) -> int | None:
        """The latest value, None if there is none."""
        keys = self._keys()
        return self._bins[keys[-1]].last if keys else self._before

    @property
    def first(self) -> int | None:
        """The time (ns) of the first samples, within the fineness that is kept."""
        keys = self._keys()
        return self._bins[keys[0]].t if keys else None

    @property
    def last(self) -> int | None:
        """The time (ns) of the last sample."""
        keys = self._keys()
        return self._bins[keys[-1]].t if keys else None

    def spans(self, start: int, end: int, count: int) -> list[Span | None]:
        """What it was in `count` equal stretches of time from `start` to `end` (ns); None where
        that isn't known. A value counts from its sample to the next one."""
        length = max(1, end - start)
        spans: list[Span | None] = []
        held = self._before
        low, high = 0, -1  # of the last stretch in `spans`, which has a sample in it
        for least, greatest, t, last in map(self._bins.__getitem__, self._keys()):
            if t > end:
                break
            if t >= start:
                place = (t - start) * count // length
                if place >= len(spans) and len(spans) < count:
                    place = min(place, count - 1)
                    spans += [None if held is None else Span(held, held)] * (place - len(spans))
                    low, high = (least, greatest) if held is None else (held, held)
                    spans.append(None)
                if least < low or greatest > high or spans[-1] is None:
                    low, high = min(low, least), max(high, greatest)
                    spans[-1] = Span(low, high)
            held = last
        spans += [None if held is None else Span(held, held)] * (count - len(spans))
        return spans

    def _put(self, key: int, bin: _Bin) -> None:
        known = self._bins.get(key)
        if known is None:
            self._bins[key] = bin
            self._sorted = self._sorted and (not self._order or key > self._order[-1])
            self._order.append(key)
            return
        latest = known if known.t > bin.t else bin
        self._bins[key] = _Bin(
            min(known.low, bin.low), max(known.high, bin.high), latest.t, latest.last
        )

    def _keys(self) -> list[int]:
        if not self._sorted:
            self._order.sort()
            self._sorted = True
        return self._order

    def _make_room(self) -> None:
        if self._horizon is not None:
            oldest = self._keys()[-1] - self._horizon // self._width
            self._keep([key for key in self._keys() if key >= oldest])
        while len(self._bins) > MOST_BINS:
            bins = [self._bins[key] for key in self._keys()]
            self._width *= 2
            self._keep([])
            for bin in bins:
                self._put(bin.t // self._width, bin)

    def _keep(self, keys: list[int]) -> None:
        self._bins = {key: self._bins[key] for key in keys}
        self._order = keys
