"""Reading the text of /proc/net/tcp, tcp6, udp and udp6: every socket of a host, owned or not.

Pure: text in, rows out. The tables are the only place that shows what no descriptor holds:
SYN_RECV, a connection that waits to be accepted, FIN_WAIT and TIME_WAIT after close (proc(5)).
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address
from socket import AF_INET, inet_ntop

from socklab.events import Address

_STATES = {
    "01": "ESTABLISHED",
    "02": "SYN_SENT",
    "03": "SYN_RECV",
    "04": "FIN_WAIT1",
    "05": "FIN_WAIT2",
    "06": "TIME_WAIT",
    "07": "CLOSE",
    "08": "CLOSE_WAIT",
    "09": "LAST_ACK",
    "0A": "LISTEN",
    "0B": "CLOSING",
    "0C": "SYN_RECV",  # TCP_NEW_SYN_RECV, the kernel's own name for a half-open request
}


@dataclass(frozen=True, slots=True)
class Row:
    """One socket in a table. Queues in bytes (of a listener: waiting connections and backlog).

    `inode` is 0 where no descriptor holds the socket; `drops` counts datagrams (UDP only).
    """

    local: Address
    remote: Address
    state: str
    send_queue: int
    recv_queue: int
    inode: int
    drops: int = 0


def _address(text: str) -> Address:
    host, port = text.split(":")
    return _host(host), int(port, 16)


def _host(digits: str) -> str:
    # The kernel prints each 32-bit word of the address as a number in the machine's byte order.
    words = [
        int(digits[i : i + 8], 16).to_bytes(4, sys.byteorder) for i in range(0, len(digits), 8)
    ]
    packed = b"".join(words)
    return inet_ntop(AF_INET, packed) if len(packed) == 4 else _ipv6(packed)


def _ipv6(packed: bytes) -> str:
    address = IPv6Address(packed)
    mapped = address.ipv4_mapped
    # getsockname(2) through inet_ntop(3) writes a mapped address with dots; ipaddress doesn't.
    return f"::ffff:{mapped}" if mapped else str(address)


def rows(table: str, ports: Collection[int] | None = None) -> Iterator[Row]:
    """The rows of a table's text; with `ports`, only those whose local port is among them.

    A line that isn't a row (the heading, one cut off by a racing change) is passed over.
    """
    wanted = None if ports is None else {f"{port:04X}" for port in ports}
    for line in table.splitlines()[1:]:
        words = line.split(None, 12)
        if len(words) < 10 or (wanted is not None and words[1][-4:] not in wanted):
            continue
        send_queue, recv_queue = words[4].split(":")
        yield Row(
            local=_address(words[1]),
            remote=_address(words[2]),
            state=_STATES.get(words[3], words[3]),
            send_queue=int(send_queue, 16),
            recv_queue=int(recv_queue, 16),
            inode=int(words[9]),
        )
