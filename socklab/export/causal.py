"""The events of a journal in an order in which one could have made the other happen.

A journal is in order of completion: a `recv` may stand before the `send` that it heard, where the
sender's thread was slow to say so. So a call that gives stands at its beginning, one that takes at
its end, and a call that blocked at both.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

from socklab.events import Call, Command, Wait
from socklab.export.record import Record, blocks

_TAKES = frozenset({"accept", "recv", "recvfrom", "poll", "select"})
_WINDOW = 4096
"""Events that are held back to be sorted: far more than two threads can get out of step."""


@dataclass(frozen=True, slots=True)
class Returned:
    """A call that returned; `waited`: its `wait` event came before."""

    call: Call
    waited: bool


Happening = Command | Wait | Returned


def causal(record: Record) -> Iterator[Happening]:
    """Commands, waits and calls, in causal order. Holds a few thousand of them at a time."""
    waiting: set[tuple[str | None, int, str]] = set()
    held: list[_Held] = []
    for events in blocks(record):
        for event in events:
            if isinstance(event, Call):
                key = (event.program, event.t, event.name)
                waited = key in waiting
                waiting.discard(key)
                heapq.heappush(held, (_moment(event, waited), event.n, Returned(event, waited)))
            elif isinstance(event, Wait):
                waiting.add((event.program, event.t, event.name))
                heapq.heappush(held, (event.t, event.n, event))
            elif isinstance(event, Command):
                heapq.heappush(held, (event.t, event.n, event))
            if len(held) > _WINDOW:
                yield from _next(held)
    while held:
        yield from _next(held)


_Held = tuple[int, int, Happening]


def _next(held: list[_Held]) -> Iterator[Happening]:
    """The first of what is held. Before a call that blocked returns, those begin that took part in
    its end: a `recv` that made room for a blocked `send` may be over only after it."""
    moment, _n, first = heapq.heappop(held)
    if isinstance(first, Returned) and first.waited:
        for place, (ends, n, other) in enumerate(held):
            if _takes_part(other, first.call, moment):
                assert isinstance(other, Returned)
                yield _entered(other.call)
                held[place] = ends, n, Returned(other.call, waited=True)
    yield first


def _takes_part(other: Happening, call: Call, moment: int) -> bool:
    return (
        isinstance(other, Returned)
        and not other.waited
        and other.call.name in _TAKES
        and other.call.t < moment
        and other.call.program != call.program
    )


def _entered(call: Call) -> Wait:
    return Wait(
        n=call.n,
        t=call.t,
        program=call.program,
        cause=call.cause,
        name=call.name,
        sock=call.sock,
        fd=call.fd,
        args=call.args,
    )


def _moment(call: Call, waited: bool) -> int:
    ends = waited or call.name in _TAKES
    return call.t + call.duration if ends else call.t
