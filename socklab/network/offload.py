"""Switching off what a network interface does in the kernel's stead: ethtool's ioctl(2).

A veth pair hands frames over with checksums still to be filled in and with segments of 64 KiB.
Somebody in the middle then sees no true frames, and what he puts back is dropped.
"""

from __future__ import annotations

import array
import fcntl
import struct

_SIOCETHTOOL = 0x8946
_COMMANDS = {
    "rx checksum": 0x15,
    "tx checksum": 0x17,
    "scatter-gather": 0x19,
    "tso": 0x1F,
    "gso": 0x24,
    "gro": 0x2C,
}  # linux/ethtool.h: ETHTOOL_S...


def switch_off(descriptor: int, interface: str) -> None:
    """Every offload that matters, by any socket of the interface's stack. Raises OSError for those
    without which frames aren't true; one that the interface doesn't have is passed over."""
    for name, command in _COMMANDS.items():
        value = array.array("B", struct.pack("=II", command, 0))
        request = struct.pack("16sP", interface.encode(), value.buffer_info()[0])
        try:
            fcntl.ioctl(descriptor, _SIOCETHTOOL, request)
        except OSError:
            if name in ("tx checksum", "tso", "gso"):
                raise
