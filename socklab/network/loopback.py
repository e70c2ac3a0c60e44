"""Every frame that crosses this machine's loopback, each once. It needs CAP_NET_RAW.

Whose frames they are is no business of this file.
"""

from __future__ import annotations

import ctypes
import socket
import struct

from socklab.network.packet_ring import PacketRing

_LOOPBACK = "lo"
_ETH_P_ALL = 3
_SO_ATTACH_FILTER = 26

_RING = 16 << 20
"""Bytes: some four thousand frames, a tenth of a second of the fastest that are kept up with."""

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


class Loopback(PacketRing):
    """`snap` bytes of each frame are kept from now on.

    Raises OSError, which is a PermissionError without CAP_NET_RAW.
    """

    def __init__(self, snap: int) -> None:
        end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        try:
            super().__init__(end, snap, _RING)
            _attach_filter(end)
            end.bind((_LOOPBACK, _ETH_P_ALL))
        except BaseException:
            end.close()
            raise


def _attach_filter(end: socket.socket) -> None:
    code = b"".join(struct.pack("=HBBI", *line) for line in _FILTER)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", len(_FILTER), ctypes.addressof(buffer))
    end.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
