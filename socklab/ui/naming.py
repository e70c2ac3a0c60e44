"""Names for the programs that the forms start: server, server-2, server-3, ..."""

from __future__ import annotations

from itertools import count

from socklab.model.sockets import SocketTable
from socklab.ui.follower import Follower


class Names:
    """Which names are taken: those of running programs, and those that a form has just given."""

    def __init__(self, follower: Follower) -> None:
        self._follower = follower
        self._table: SocketTable = follower.table
        self._given: set[str] = set()

    def next(self, kind: str) -> str:
        """The first free name; a stopped program's is free again."""
        names = (kind if number == 1 else f"{kind}-{number}" for number in count(1))
        return next(name for name in names if not self._taken(name))

    def give(self, name: str) -> None:
        """A program of that name is about to begin."""
        self._given.add(name)

    def _taken(self, name: str) -> bool:
        if self._table is not self._follower.table:  # a new lab
            self._table = self._follower.table
            self._given.clear()
        program = self._table.programs.get(name)
        if program is None:
            return name in self._given
        self._given.discard(name)
        return program.running
