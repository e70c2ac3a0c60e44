"""What kind of frame one is, told from its first bytes: as rules name them, and as quick as may be.

The whole of a frame is the business of model/frames; this looks at a few bytes and never fails.
"""

from __future__ import annotations

from typing import Literal, get_args

FrameKind = Literal["any", "arp", "icmp", "udp", "syn", "syn-ack", "ack", "data", "fin", "rst"]
KINDS: tuple[FrameKind, ...] = get_args(FrameKind)

_ETHERNET = 14
_IPV4, _ARP, _IPV6 = b"\x08\x00", b"\x08\x06", b"\x86\xdd"
_ICMP, _TCP, _UDP, _ICMPV6 = 1, 6, 17, 58
_FIN, _SYN, _RST, _ACK = 1, 2, 4, 16

_NOTHING: frozenset[FrameKind] = frozenset({"any"})
_BY_PROTOCOL: dict[int, frozenset[FrameKind]] = {
    _ICMP: frozenset({"any", "icmp"}),
    _ICMPV6: frozenset({"any", "icmp"}),
    _UDP: frozenset({"any", "udp"}),
}


def kinds(frame: bytes) -> frozenset[FrameKind]:
    """Every kind that the Ethernet frame is of; a FIN that carries data is "fin" and "data".

    "syn" and "syn-ack" are the handshake's first two segments, "ack" one that carries nothing but
    its acknowledgement.
    """
    link = frame[12:14]
    if link == _IPV4 and len(frame) >= _ETHERNET + 20:
        header = (frame[14] & 15) * 4
        if frame[20] & 0x1F or frame[21]:  # a later fragment: its bytes are no header
            return _NOTHING
        end = _ETHERNET + int.from_bytes(frame[16:18])
        return _of_protocol(frame, frame[23], _ETHERNET + header, end)
    if link == _IPV6 and len(frame) >= _ETHERNET + 40:
        end = _ETHERNET + 40 + int.from_bytes(frame[18:20])
        return _of_protocol(frame, frame[20], _ETHERNET + 40, end)
    return frozenset({"any", "arp"}) if link == _ARP else _NOTHING


def _of_protocol(frame: bytes, protocol: int, start: int, end: int) -> frozenset[FrameKind]:
    if protocol != _TCP:
        return _BY_PROTOCOL.get(protocol, _NOTHING)
    if len(frame) < start + 20:
        return _NOTHING
    flags = frame[start + 13]
    found: set[FrameKind] = {"any"}
    if flags & _SYN:
        found.add("syn-ack" if flags & _ACK else "syn")
    if flags & _RST:
        found.add("rst")
    if flags & _FIN:
        found.add("fin")
    if end > start + (frame[start + 12] >> 4) * 4:
        found.add("data")
    if flags & _ACK and len(found) == 1:
        found.add("ack")
    return frozenset(found)
