"""The TCP sockets of a host at one moment, found by the addresses of a connection."""

from __future__ import annotations

from collections.abc import Iterable

from socklab.events import Address
from socklab.kernel.proc_net import FORGETTING, Row
from socklab.model.addresses import unmapped
from socklab.model.tcp_states import TcpState

Pair = tuple[Address, Address]
"""Local and remote address: what tells TCP connections apart."""


class TcpTable:
    """Rows of /proc/net/tcp and tcp6, which were read at `t` (ns since the epoch)."""

    def __init__(self, rows: Iterable[Row], t: int) -> None:
        self.t = t
        self.rows: dict[Pair, Row] = {}
        self._ends_in_time_wait: set[Pair] = set()
        for row in rows:
            self.rows[row.local, row.remote] = row
            if row.state == TcpState.TIME_WAIT:
                self._ends_in_time_wait.add((unmapped(row.remote), unmapped(row.local)))

    def peer(self, pair: Pair) -> str | None:
        """The state of this connection's other end, of which only TIME_WAIT is told.

        It stands in the other family's table where one end is an IPv6 socket that takes IPv4.
        """
        local, remote = pair
        waits = (unmapped(local), unmapped(remote)) in self._ends_in_time_wait
        return TcpState.TIME_WAIT if waits else None

    def expires(self, row: Row | None) -> int | None:
        """When the kernel will forget a socket that only waits for that (ns since the epoch)."""
        return self.t + row.left if row is not None and row.timer == FORGETTING else None
