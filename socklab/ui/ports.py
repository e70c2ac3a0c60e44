"""The port that a form offers to bind."""

from __future__ import annotations

from itertools import count

from socklab.model.sockets import SocketTable
from socklab.ui.engine import Engine


def free_port(lab: Engine, table: SocketTable, first: int) -> int:
    """From `first` on the first that this machine has free; on private hosts, which only the lab's
    programs use, that none of these has."""
    if not lab.hosts:
        return lab.free_port(first)
    held = {row.local[1] for row in table.sockets.values() if row.local is not None}
    return next(number for number in count(first) if number not in held)
