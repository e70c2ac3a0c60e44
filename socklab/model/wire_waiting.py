"""What waits on the wire: frames that a hand holds, and those whose time is yet to come; in bounded
memory."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from socklab.model.impairments import Delivery

MOST = 32 << 20
"""Bytes that wait at a time, `EACH` for a frame besides its own: far more than TCP, whose windows
are a few MiB, has on its way."""

EACH = 512


@dataclass(slots=True)
class Passing:
    """A frame on its way: `n` and `id` are its event's. `cause` is the command whose rule has it
    take longer."""

    id: int
    n: int
    t: int
    sender: str
    receiver: str
    data: bytes
    cause: int | None = None


class Due(NamedTuple):
    """When (ns) which frame goes on, those of one moment in the order in which they came."""

    at: int
    order: int
    passing: Passing
    delivery: Delivery
    copy: bool


class Waiting:
    """The frames that wait. `held` are those for a hand, by their ids, in their order."""

    def __init__(self) -> None:
        self.held: dict[int, Passing] = {}
        self._due: list[Due] = []
        self._order = itertools.count()
        self._bytes = 0

    def has_room(self, passing: Passing) -> bool:
        """Whether this frame may wait too."""
        return self._bytes + _size(passing) <= MOST

    def hold(self, passing: Passing) -> bool:
        """Until it is taken. False where there is no room."""
        if not self.has_room(passing):
            return False
        self._bytes += _size(passing)
        self.held[passing.id] = passing
        return True

    def take(self, passing: Passing) -> None:
        """A held frame waits no more."""
        del self.held[passing.id]
        self._bytes -= _size(passing)

    def swap(self, first: Passing, second: Passing) -> None:
        """Two held frames change places."""
        changed = {first.id: second, second.id: first}
        order = [changed.get(passing.id, passing) for passing in self.held.values()]
        self.held = {passing.id: passing for passing in order}

    def put_off(self, at: int, passing: Passing, delivery: Delivery, copy: bool) -> bool:
        """Until `at` (ns). False where there is no room."""
        if not self.has_room(passing):
            return False
        self._bytes += _size(passing)
        heapq.heappush(self._due, Due(at, next(self._order), passing, delivery, copy))
        return True

    def due_by(self, now: int) -> Iterator[Due]:
        """Those whose time has come, which wait no more."""
        while self._due and self._due[0].at <= now:
            due = heapq.heappop(self._due)
            self._bytes -= _size(due.passing)
            yield due

    @property
    def next_at(self) -> int | None:
        """When the next one is due (ns)."""
        return self._due[0].at if self._due else None

    @property
    def put_off_so_far(self) -> list[Due]:
        """Those that aren't due yet, in their order."""
        return sorted(self._due)


def _size(passing: Passing) -> int:
    return len(passing.data) + EACH
