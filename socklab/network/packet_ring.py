"""A packet socket whose frames come in a ring that is shared with the kernel.

The kernel writes each frame into the ring as it passes (packet(7), PACKET_RX_RING), with the time,
so that none is lost while this process does something else; to read one takes no system call.
"""

from __future__ import annotations

import mmap
import socket
import struct
from typing import NamedTuple

_SOL_PACKET = 263
_PACKET_RX_RING, _PACKET_STATISTICS, _PACKET_VERSION = 5, 6, 10
_TPACKET_V2 = 1

_UNIT = 256  # bytes that a frame's place in the ring is a multiple of; pages, for one above a page
_BEFORE = 128  # bytes in front of a frame in the ring, at most
_READY = 1  # TP_STATUS_USER

_STATUS = struct.Struct("=I")
_HEADER = struct.Struct("=IIIHHII")  # struct tpacket2_hdr, up to its times


class Seen(NamedTuple):
    """A frame: when it passed (ns since the epoch, by the kernel's clock), its true size and what
    was kept of it."""

    t: int
    size: int
    data: bytes


class PacketRing:
    """From now on what comes to the packet socket `end`, which is its own, is in a ring of `size`
    bytes until `read` takes it out, `keep` bytes of each frame. Raises OSError.
    """

    def __init__(self, end: socket.socket, keep: int, size: int) -> None:
        self._end = end
        self._size = size
        end.setsockopt(_SOL_PACKET, _PACKET_VERSION, _TPACKET_V2)
        self._make(keep)

    def _make(self, keep: int) -> None:
        unit = _UNIT if keep + _BEFORE <= mmap.PAGESIZE else mmap.PAGESIZE
        step = -(-(keep + _BEFORE) // unit) * unit
        together = mmap.PAGESIZE // unit  # frames in a block, which is whole pages
        blocks = max(self._size // (step * together), 1)
        self._keep, self._step, self._count = keep, step, blocks * together
        self._place = 0
        self._set(step * together, blocks, step, self._count)
        self._ring = mmap.mmap(self._end.fileno(), step * self._count)

    def _set(self, block: int, blocks: int, frame: int, frames: int) -> None:
        ring = struct.pack("=IIII", block, blocks, frame, frames)  # struct tpacket_req
        self._end.setsockopt(_SOL_PACKET, _PACKET_RX_RING, ring)

    def keep(self, most: int) -> None:
        """Keep so many bytes of each frame from now on; what hasn't been read is gone. Raises
        OSError, and keeps as many as before."""
        before = self._keep
        if most == before:
            return
        self._ring.close()
        self._set(0, 0, 0, 0)
        try:
            self._make(most)
        except OSError:
            self._make(before)
            raise

    def fileno(self) -> int:
        """Readable while there are frames."""
        return self._end.fileno()

    def send(self, data: bytes) -> None:
        """A frame goes out. Raises OSError."""
        self._end.send(data)

    def read(self, most: int | None = None) -> list[Seen]:
        """The frames that have come, in order; at most so many, or as many as the ring holds."""
        seen: list[Seen] = []
        ring, step, place = self._ring, self._step, self._place
        for _frame in range(self._count if most is None else most):
            start = place * step
            status, size, kept, begin, _net, seconds, ns = _HEADER.unpack_from(ring, start)
            if not status & _READY:
                break
            begin += start
            data = ring[begin : begin + min(kept, self._keep)]
            seen.append(Seen(seconds * 1_000_000_000 + ns, size, data))
            _STATUS.pack_into(ring, start, 0)  # the kernel's again
            place = (place + 1) % self._count
        self._place = place
        return seen

    def lost(self) -> int:
        """How many had no room in the ring since this was last asked."""
        raw = self._end.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
        dropped: int = struct.unpack("=II", raw)[1]
        return dropped

    def close(self) -> None:
        """Nothing is read any more."""
        self._ring.close()
        self._end.close()
