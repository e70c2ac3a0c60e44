"""Frames made by hand: what a test wants to be in one, with lengths and checksums that fit.

Everything can be made wrong by giving it: `ipv4(..., total=9000)`, `tcp(..., checksum=0)`.
"""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address, ip_address

CLIENT_MAC, SERVER_MAC = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
CLIENT, SERVER = "10.0.0.1", "10.0.0.2"
CLIENT6, SERVER6 = "fd00::1", "fd00::2"

TYPES = {4: 0x0800, 6: 0x86DD}


def ones_sum(data: bytes) -> int:
    """RFC 1071, word by word, as its section 4.1 has it."""
    total = 0
    for at in range(0, len(data), 2):
        total += int.from_bytes(data[at : at + 2].ljust(2, b"\0"))
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def pseudo(source: str, target: str, protocol: int, length: int) -> bytes:
    """RFC 9293, section 3.1, and RFC 8200, section 8.1."""
    ends = ip_address(source).packed + ip_address(target).packed
    if ":" in source:
        return ends + struct.pack("!IxxxB", length, protocol)
    return ends + struct.pack("!xBH", protocol, length)


def ethernet(
    payload: bytes,
    kind: int | None = None,
    source: bytes = CLIENT_MAC,
    target: bytes = SERVER_MAC,
) -> bytes:
    if kind is None:
        kind = TYPES[payload[0] >> 4]
    return target + source + kind.to_bytes(2) + payload


def arp(operation: int = 1, target: bytes = bytes(6), kind: int = 1) -> bytes:
    sender = CLIENT_MAC + IPv4Address(CLIENT).packed
    return (
        struct.pack("!HHBBH", kind, 0x0800, 6, 4, operation)
        + sender
        + target
        + IPv4Address(SERVER).packed
    )


def ipv4(
    payload: bytes,
    protocol: int = 6,
    *,
    options: bytes = b"",
    fragment: int = 0x4000,
    ttl: int = 64,
    tos: int = 0,
    ident: int = 0x1234,
    total: int | None = None,
    words: int | None = None,
    checksum: int | None = None,
    source: str = CLIENT,
    target: str = SERVER,
) -> bytes:
    """`fragment`: the three flags and the offset; `words`: the header's length by its own word."""
    options += bytes(-len(options) % 4)
    size = 20 + len(options)
    header = struct.pack(
        "!BBHHHBBH4s4s",
        0x40 | (size // 4 if words is None else words),
        tos,
        size + len(payload) if total is None else total,
        ident,
        fragment,
        ttl,
        protocol,
        0,
        IPv4Address(source).packed,
        IPv4Address(target).packed,
    )
    header += options
    check = ones_sum(header) if checksum is None else checksum
    return header[:10] + check.to_bytes(2) + header[12:] + payload


def ipv6(
    payload: bytes,
    following: int = 6,
    *,
    length: int | None = None,
    hops: int = 64,
    label: int = 0,
    traffic: int = 0,
    source: str = CLIENT6,
    target: str = SERVER6,
) -> bytes:
    return (
        struct.pack(
            "!IHBB",
            6 << 28 | traffic << 20 | label,
            len(payload) if length is None else length,
            following,
            hops,
        )
        + IPv6Address(source).packed
        + IPv6Address(target).packed
        + payload
    )


def tcp(
    payload: bytes = b"",
    flags: int = 0x10,
    *,
    source_port: int = 41822,
    target_port: int = 48080,
    seq: int = 1000,
    ack: int = 0,
    window: int = 65495,
    urgent: int = 0,
    options: bytes = b"",
    words: int | None = None,
    checksum: int | None = None,
    ends: tuple[str, str] = (CLIENT, SERVER),
) -> bytes:
    options += bytes(-len(options) % 4)
    first = ((20 + len(options)) // 4 if words is None else words) << 12 | flags
    header = struct.pack("!HHIIHHHH", source_port, target_port, seq, ack, first, window, 0, urgent)
    return _summed(header + options + payload, 16, 6, checksum, ends)


def udp(
    payload: bytes = b"",
    *,
    source_port: int = 41822,
    target_port: int = 48080,
    length: int | None = None,
    checksum: int | None = None,
    ends: tuple[str, str] = (CLIENT, SERVER),
) -> bytes:
    size = 8 + len(payload) if length is None else length
    header = struct.pack("!HHHH", source_port, target_port, size, 0)
    return _summed(header + payload, 6, 17, checksum, ends)


def icmp(kind: int, code: int, rest: bytes, checksum: int | None = None) -> bytes:
    message = bytes([kind, code, 0, 0]) + rest
    check = ones_sum(message) if checksum is None else checksum
    return message[:2] + check.to_bytes(2) + message[4:]


def icmpv6(
    kind: int,
    code: int,
    rest: bytes,
    checksum: int | None = None,
    ends: tuple[str, str] = (CLIENT6, SERVER6),
) -> bytes:
    return _summed(bytes([kind, code, 0, 0]) + rest, 2, 58, checksum, ends)


def _summed(
    segment: bytes, at: int, protocol: int, checksum: int | None, ends: tuple[str, str]
) -> bytes:
    if checksum is None:
        checksum = ones_sum(pseudo(*ends, protocol, len(segment)) + segment)
        if protocol == 17 and checksum == 0:
            checksum = 0xFFFF  # RFC 768: 0 says that there is none
    return segment[:at] + checksum.to_bytes(2) + segment[at + 2 :]
