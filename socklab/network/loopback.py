"""Every frame that crosses this machine's loopback, each once: a packet socket with a ring.

The kernel writes frames into a ring that is shared with it (packet(7), PACKET_RX_RING), so that
none is lost while this process does something else, and stamps each when it passes. It needs
CAP_NET_RAW. Whose frames they are is no business of this file.
"""

from __future__ import annotations

import ctypes
import mmap
import socket
import struct
from typing import NamedTuple

_LOOPBACK = "lo"
_ETH_P_ALL = 3
_SOL_PACKET = 263
_PACKET_RX_RING, _PACKET_STATISTICS, _PACKET_VERSION = 5, 6, 10
_TPACKET_V2 = 1
_SO_ATTACH_FILTER = 26

_RING = 16 << 20
"""Bytes: some four thousand frames, a tenth of a second of the fastest that are kept up with."""

_UNIT = 256  # bytes that a frame's place in the ring is a multiple of
_BEFORE = 128  # bytes in front of a frame in the ring, at most
_READY = 1  # TP_STATUS_USER

_STATUS = struct.Struct("=I")
_HEADER = struct.Struct("=IIIHHII")  # struct tpacket2_hdr, up to its times

# Keep a frame whole unless it is the first sight of it, on its way out (PACKET_OUTGOING, 4), or the
# copy of a multicast one that IP makes for its sender (PACKET_LOOPBACK, 5); IPv4 and IPv6 only.
_FILTER = (
    (0x30, 0, 0, 0xFFFFF004),  # ldb  packet type (SKF_AD_OFF + SKF_AD_PKTTYPE)
    (0x15, 5, 0, 4),
    (0x15, 4, 0, 5),
    (0x28, 0, 0, 12),  # ldh  Ethernet type
    (0x15, 1, 0, 0x0800),
    (0x15, 0, 1, 0x86DD),
    (0x06, 0, 0, 0x40000),  # keep
    (0x06, 0, 0, 0),  # drop
)


class Seen(NamedTuple):
    """A frame: when it passed (ns since the epoch, by the kernel's clock), its true size and what
    was kept of it."""

    t: int
    size: int
    data: bytes


class Loopback:
    """From now on every frame is in the ring until `read` takes it out, `snap` bytes of it at most.

    Raises OSError, which is a PermissionError without CAP_NET_RAW.
    """

    def __init__(self, snap: int) -> None:
        self._place = 0
        self._step = -(-(snap + _BEFORE) // _UNIT) * _UNIT
        together = mmap.PAGESIZE // _UNIT  # frames in a block, which is whole pages
        blocks = max(_RING // (self._step * together), 1)
        self._count = blocks * together
        self._snap = snap
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        try:
            self._socket.setsockopt(_SOL_PACKET, _PACKET_VERSION, _TPACKET_V2)
            ring = struct.pack("=IIII", self._step * together, blocks, self._step, self._count)
            self._socket.setsockopt(_SOL_PACKET, _PACKET_RX_RING, ring)
            self._attach_filter()
            self._ring = mmap.mmap(self._socket.fileno(), self._step * self._count)
            self._socket.bind((_LOOPBACK, _ETH_P_ALL))
        except BaseException:
            self._socket.close()
            raise

    def _attach_filter(self) -> None:
        code = b"".join(struct.pack("=HBBI", *line) for line in _FILTER)
        buffer = ctypes.create_string_buffer(code, len(code))
        program = struct.pack("@HP", len(_FILTER), ctypes.addressof(buffer))
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)

    def fileno(self) -> int:
        """Readable while there are frames."""
        return self._socket.fileno()

    def read(self, most: int) -> list[Seen]:
        """The frames that have come, at most so many."""
        seen: list[Seen] = []
        ring = self._ring
        for _frame in range(most):
            start = self._place * self._step
            status, size, kept, data, _net, seconds, ns = _HEADER.unpack_from(ring, start)
            if not status & _READY:
                break
            begin = start + data
            t = seconds * 1_000_000_000 + ns
            seen.append(Seen(t, size, ring[begin : begin + min(kept, self._snap)]))
            _STATUS.pack_into(ring, start, 0)  # the kernel's again
            self._place = (self._place + 1) % self._count
        return seen

    def lost(self) -> int:
        """How many had no room in the ring since this was last asked."""
        raw = self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
        dropped: int = struct.unpack("=II", raw)[1]
        return dropped

    def close(self) -> None:
        """Nothing is kept any more."""
        self._ring.close()
        self._socket.close()
