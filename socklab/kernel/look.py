"""What the kernel says of sockets: the one door to everything that only Linux can tell.

A look never changes the socket: TCP_INFO and SO_MEMINFO by getsockopt(2), the queue depths by
ioctl(2) FIONREAD and SIOCOUTQ, the sockets without descriptor from the host's tables. Elsewhere
than on Linux every look is empty, and `KNOWS_STATES` says so beforehand.
"""

from __future__ import annotations

import array
import socket
import struct
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from socklab.kernel.proc_net import Row, rows
from socklab.model.tcp_info import SIZE_ASKED
from socklab.model.tcp_states import BY_CODE

KNOWS_STATES = sys.platform == "linux"

_TCP_INFO = 11
_SO_MEMINFO = 55
_FIONREAD = 0x541B
_SIOCOUTQ = 0x5411
# Fields of SO_MEMINFO, linux/sock_diag.h: memory in use, the buffers' limits, datagrams lost.
_RECEIVING, _RECV_LIMIT, _SENDING, _SEND_LIMIT, _DROPS = 0, 1, 2, 3, 8

_TCPI_UNACKED = 24  # offset of tcpi_unacked, followed by tcpi_sacked


@dataclass(frozen=True, slots=True)
class Look:
    """One look at one socket. Queues in bytes, the accept queue and backlog in connections,
    `drops` in datagrams, the buffers' limits in bytes with the kernel's overhead; None where the
    kernel doesn't say or it doesn't apply. `info` are the bytes of its TCP_INFO, of a connection
    only."""

    state: str | None = None
    recv_queue: int | None = None
    send_queue: int | None = None
    accept_queue: int | None = None
    backlog: int | None = None
    drops: int | None = None
    recv_limit: int | None = None
    send_limit: int | None = None
    info: bytes = b""


def look(sock: socket.socket) -> Look:
    """The state and queues of an open socket; an empty look where they can't be had."""
    if not KNOWS_STATES:
        return Look()
    try:
        return _look_tcp(sock) if sock.type == socket.SOCK_STREAM else _look_udp(sock)
    except (OSError, KeyError):  # a state that this table of names doesn't know yet
        return Look()


def _look_tcp(sock: socket.socket) -> Look:
    info = sock.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, SIZE_ASKED)
    state = BY_CODE[info[0]]
    if state == "LISTEN":
        # For a listener the kernel reports its queue and its limit in these two fields.
        waiting, backlog = struct.unpack_from("=II", info, _TCPI_UNACKED)
        return Look(state=state, accept_queue=waiting, backlog=backlog)
    if state == "CLOSE":
        return Look(state=state, recv_queue=_depth(sock, _FIONREAD))
    memory = _memory(sock)
    return Look(
        state=state,
        recv_queue=_depth(sock, _FIONREAD),
        send_queue=_depth(sock, _SIOCOUTQ),
        recv_limit=memory[_RECV_LIMIT],
        send_limit=memory[_SEND_LIMIT],
        info=info,
    )


def _look_udp(sock: socket.socket) -> Look:
    # The queues as ss(8) shows them: the memory that the datagrams take, the kernel's overhead
    # included (FIONREAD would tell the size of the next datagram only, udp(7)).
    memory = _memory(sock)
    return Look(
        recv_queue=memory[_RECEIVING],
        send_queue=memory[_SENDING],
        drops=memory[_DROPS],
        recv_limit=memory[_RECV_LIMIT],
        send_limit=memory[_SEND_LIMIT],
    )


def _memory(sock: socket.socket) -> tuple[int, ...]:
    return struct.unpack("=9I", sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 36))


def _depth(sock: socket.socket, request: int) -> int:
    import fcntl  # not on Windows

    depth = array.array("i", [0])
    fcntl.ioctl(sock.fileno(), request, depth)
    return depth[0]


def tcp_table(net: Path, ports: Collection[int]) -> list[Row]:
    """The TCP sockets of the host whose tables stand in `net`, of these local ports.

    A table that isn't there is an empty one (a host without IPv6). Raises OSError for one that
    can't be read.
    """
    return [row for name in ("tcp", "tcp6") for row in rows(_text(net / name), ports)]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        return ""
