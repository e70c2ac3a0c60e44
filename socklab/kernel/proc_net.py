"""Reading the text of /proc/net/tcp and tcp6: every TCP socket of a host, owned or not.

Pure: text in, rows out. The tables are the only place that shows what no descriptor holds:
SYN_RECV, a connection that waits to be accepted, FIN_WAIT and TIME_WAIT after close (proc(5)).
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from socket import AF_INET, AF_INET6, inet_ntop

from socklab.events import Address
from socklab.model.tcp_states import state_of_hex

_TICK = 10_000_000
"""Nanoseconds of the table's unit of time: USER_HZ is 100 on every Linux (time(7))."""

FORGETTING = 3
"""The `timer` of a socket that only waits to be forgotten: TIME_WAIT, or the same for FIN_WAIT2."""


@dataclass(frozen=True, slots=True)
class Row:
    """One socket in a table. Queues in bytes (of a listener: waiting connections and backlog).

    `inode` is 0 where no descriptor holds the socket. `timer` is what the kernel waits for (0
    nothing, 1 an acknowledgement, 2 the time for a keepalive or to forget the socket, 3 the end of
    TIME_WAIT, 4 a window) and `left` how long that will take, in nanoseconds.
    """

    local: Address
    remote: Address
    state: str
    send_queue: int
    recv_queue: int
    inode: int
    timer: int = 0
    left: int = 0


def _address(text: str) -> Address:
    host, port = text.split(":")
    return _host(host), int(port, 16)


def _host(digits: str) -> str:
    # The kernel prints each 32-bit word of the address as a number in the machine's byte order.
    words = [
        int(digits[i : i + 8], 16).to_bytes(4, sys.byteorder) for i in range(0, len(digits), 8)
    ]
    packed = b"".join(words)
    # As Python's getsockname(2) writes it: the two are compared.
    return inet_ntop(AF_INET if len(packed) == 4 else AF_INET6, packed)


def rows(table: str, ports: Collection[int] | None = None) -> Iterator[Row]:
    """The rows of a table's text; with `ports`, only those whose local port is among them.

    A line that isn't a row (the heading, one cut off by a racing change) is passed over.
    """
    wanted = None if ports is None else {f"{port:04X}" for port in ports}
    for line in table.splitlines()[1:]:
        words = line.split(None, 12)
        if len(words) < 10 or (wanted is not None and words[1][-4:] not in wanted):
            continue
        try:
            row = _row(words)
        except (ValueError, KeyError, OverflowError):
            continue
        yield row


def _row(words: list[str]) -> Row:
    """Raises ValueError, KeyError or OverflowError for what is no row."""
    send_queue, recv_queue = words[4].split(":")
    timer, left = words[5].split(":")
    return Row(
        local=_address(words[1]),
        remote=_address(words[2]),
        state=state_of_hex(words[3]),
        send_queue=int(send_queue, 16),
        recv_queue=int(recv_queue, 16),
        inode=int(words[9]),
        timer=int(timer, 16),
        left=int(left, 16) * _TICK,
    )
