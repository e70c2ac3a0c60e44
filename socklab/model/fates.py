"""Whether a frame's fate means that its receiver got it."""

from __future__ import annotations

from socklab.events import Fate
from socklab.model.frames.checksum import Status
from socklab.model.frames.decode import decode

_CHECKS = ("ip.checksum.status", "tcp.checksum.status")


def arrived(fate: Fate) -> bool:
    """Whether the receiver's kernel took the frame for what it is.

    It throws away what has a bit changed where a checksum sees it. None covers the IPv6 header's
    hop limit, traffic class and flow label: RFC 8200, section 8.1.
    """
    if fate.verdict == "corrupted":
        return fate.data is not None and _passes(fate.data)
    return fate.verdict in ("delivered", "duplicated")


def _passes(data: bytes) -> bool:
    """Whether a TCP segment stands the receiver's checks; one that was cut can't be judged."""
    frame = decode(data)
    checks = [field.value for name in _CHECKS for field in frame.find(name)]
    sound = not any(layer.problems for layer in frame.chain())
    return sound and bool(checks) and all(check == Status.GOOD for check in checks)
