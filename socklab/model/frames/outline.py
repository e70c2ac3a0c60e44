"""A frame at a glance: what a list, a filter or the analysis of a connection needs, and no more.

Made for every frame that there is, so it takes a few microseconds and keeps little. The whole of a
frame is decode's to tell; what both say is the same.
"""

from __future__ import annotations

from struct import Struct
from typing import Literal, NamedTuple

import msgspec

from socklab.events import Address
from socklab.model.frames import arp, icmp, icmpv6, icmpv6_neighbours
from socklab.model.frames.ipv6_extensions import DESTINATION, FRAGMENT, HOP_BY_HOP, ROUTING
from socklab.model.frames.tcp_options import (
    END,
    FAST_OPEN,
    MSS,
    NOTHING,
    SACK,
    SACK_PERMITTED,
    SCALE,
    TIMESTAMPS,
)
from socklab.model.frames.values import ipv4, ipv6, mac

Kind = Literal["tcp", "udp", "icmp", "icmpv6", "arp", "ip", "other"]
"""`ip` is every other packet of IPv4 or IPv6, a later fragment or one cut short among them; `other`
is every other frame."""


class Fragment(NamedTuple):
    """Which piece of which packet: the first byte's place in it (`offset`, bytes), and whether
    `more` follow."""

    ident: int
    offset: int
    more: bool


class Outline(msgspec.Struct, frozen=True, gc=False):
    """What stands in a frame.

    `source` and `destination` are host and port; the port is 0 where there is none, the host is the
    hardware address where there is no IP. `length` is what the innermost header that is known
    carries, in bytes, by what the headers say, though less may have been kept. `protocol` is IP's
    number of what it carries, or the Ethernet type where there is no IP.

    TCP: `flags` (all 12 bits), `seq`, `ack`, `window` (unscaled) and the `options`' bytes. ICMP:
    `type`, `code`, an echo's `ident` and `seq`, and of an error `about`, the packet that it is
    about, and the `mtu` that this should have kept to. ARP: `type` is the operation. `target` is
    the address that ARP or neighbour discovery asks for or tells, `mac` the sender's hardware
    address in it.
    """

    kind: Kind
    source: Address
    destination: Address
    protocol: int = 0
    length: int = 0
    flags: int = 0
    seq: int = 0
    ack: int = 0
    window: int = 0
    options: bytes = b""
    type: int = 0
    code: int = 0
    ident: int = 0
    mtu: int = 0
    target: str = ""
    mac: str = ""
    about: Outline | None = None
    fragment: Fragment | None = None


class TcpOptions(NamedTuple):
    """What a segment's options say; None for what they don't. `sack` are the blocks' edges,
    `timestamps` the sender's value and the echo, `fast_open` the cookie, empty to ask for one."""

    mss: int | None = None
    scale: int | None = None
    sack_permitted: bool = False
    sack: tuple[tuple[int, int], ...] = ()
    timestamps: tuple[int, int] | None = None
    fast_open: bytes | None = None


_IP_TCP, _IP_UDP, _IP_ICMP = 6, 17, {4: 1, 6: 58}
_EXTENSIONS = frozenset({HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION})
_INTERNET = b"\x08\x00\x06\x04"  # ARP for IPv4 addresses, with hardware addresses of 6 bytes
_IPV4 = Struct("!BxHHHxBxx4s4s")
_IPV6 = Struct("!IHBx16s16s")
_TCP = Struct("!HHIIHHxxxx")
_UDP = Struct("!HHHxx")
_ICMP = Struct("!BBxxHH")
_FRAGMENT = Struct("!BxHI")
_PAIR = Struct("!II")
_ALL_TIMESTAMPS = b"\x01\x01\x08\x0a"
"""How Linux begins the options of every segment but the first two: and that is all of them."""


def outline(data: bytes, size: int | None = None) -> Outline:
    """The Ethernet frame `data` at a glance; `size` is its true size, where only the beginning was
    kept. Never raises."""
    stop = max(len(data), size or 0)
    link = data[12:14]
    found: Outline | None = None
    if link == b"\x08\x00":
        found = _ipv4(data, 14, stop)
    elif link == b"\x86\xdd":
        found = _ipv6(data, 14, stop)
    elif link == b"\x08\x06":
        found = _arp(data)
    if found is not None:
        return found
    kind = int.from_bytes(link) if len(data) >= 14 else 0
    length = max(stop - 14, 0)
    return Outline("other", (mac(data[6:12]), 0), (mac(data[:6]), 0), kind, length)


def tcp_options(data: bytes) -> TcpOptions:
    """What the bytes of a TCP header's options say, up to what makes no sense. Never raises."""
    if len(data) == 12 and data.startswith(_ALL_TIMESTAMPS):
        return TcpOptions(timestamps=_pair(data, 4))
    said = TcpOptions()
    at, stop = 0, len(data)
    while at < stop and data[at] != END:
        kind = data[at]
        if kind == NOTHING:
            at += 1
            continue
        size = data[at + 1] if at + 1 < stop else 0
        if not 2 <= size <= stop - at:
            break
        said = _with_option(said, kind, data[at + 2 : at + size])
        at += size
    return said


def _with_option(said: TcpOptions, kind: int, data: bytes) -> TcpOptions:
    if kind == MSS and len(data) == 2:
        return said._replace(mss=int.from_bytes(data))
    if kind == SCALE and len(data) == 1:
        return said._replace(scale=data[0])
    if kind == SACK_PERMITTED and not data:
        return said._replace(sack_permitted=True)
    if kind == TIMESTAMPS and len(data) == 8:
        return said._replace(timestamps=_pair(data, 0))
    if kind == FAST_OPEN:
        return said._replace(fast_open=data)
    if kind == SACK:
        return said._replace(sack=tuple(_pair(data, at) for at in range(0, len(data) - 7, 8)))
    return said


def _pair(data: bytes, at: int) -> tuple[int, int]:
    left, right = _PAIR.unpack_from(data, at)
    return left, right


def _ipv4(data: bytes, start: int, stop: int, quoted: bool = False) -> Outline | None:
    if len(data) < start + 20:
        return None
    first, total, ident, place, protocol, source, target = _IPV4.unpack_from(data, start)
    at = start + (first & 15) * 4
    if total:
        stop = min(start + total, stop)
    here, there = ipv4(source), ipv4(target)
    if not place & 0x3FFF and start + 20 <= at <= stop:
        if protocol == _IP_TCP and len(data) >= at + 20 <= stop:
            return _tcp(data, at, stop, here, there)
        return _carried(data, at, stop, protocol, here, there, quoted)
    fragment = Fragment(ident, (place & 0x1FFF) * 8, place & 0x2000 != 0)
    if at < start + 20 or at > stop:
        return _packet(protocol, here, there, 0)
    return _piece(data, at, stop, protocol, here, there, quoted, fragment)


def _ipv6(data: bytes, start: int, stop: int, quoted: bool = False) -> Outline | None:
    if len(data) < start + 40:
        return None
    _first, length, protocol, source, target = _IPV6.unpack_from(data, start)
    at = start + 40
    stop = min(at + length, stop)
    here, there = ipv6(source), ipv6(target)
    if protocol == _IP_TCP and len(data) >= at + 20 <= stop:
        return _tcp(data, at, stop, here, there)
    fragment: Fragment | None = None
    while protocol in _EXTENSIONS and (fragment is None or fragment.offset == 0):
        end = at + 8
        if end <= min(stop, len(data)) and protocol != FRAGMENT:
            end = at + (data[at + 1] + 1) * 8
        if end > min(stop, len(data)):
            return _packet(protocol, here, there, 0)
        if protocol == FRAGMENT:
            _next, place, ident = _FRAGMENT.unpack_from(data, at)
            if place & 0xFFF9:
                fragment = Fragment(ident, place & 0xFFF8, place & 1 != 0)
        protocol, at = data[at], end
    if fragment is None:
        return _carried(data, at, stop, protocol, here, there, quoted)
    return _piece(data, at, stop, protocol, here, there, quoted, fragment)


def _packet(
    protocol: int, here: str, there: str, length: int, fragment: Fragment | None = None
) -> Outline:
    return Outline("ip", (here, 0), (there, 0), protocol, length, fragment=fragment)


def _piece(
    data: bytes,
    at: int,
    stop: int,
    protocol: int,
    here: str,
    there: str,
    quoted: bool,
    fragment: Fragment,
) -> Outline:
    """A fragment. What it is a piece of has its header in the first."""
    if fragment.offset:
        return _packet(protocol, here, there, stop - at, fragment)
    whole = _carried(data, at, stop, protocol, here, there, quoted)
    return msgspec.structs.replace(whole, fragment=fragment)


def _carried(
    data: bytes, at: int, stop: int, protocol: int, here: str, there: str, quoted: bool
) -> Outline:
    """What a packet carries from `at` up to `stop`, as far as its header is there."""
    there_is = min(len(data), stop) - at
    if protocol == _IP_TCP and there_is >= 20:
        return _tcp(data, at, stop, here, there)
    if protocol == _IP_UDP and there_is >= 8:
        source, target, length = _UDP.unpack_from(data, at)
        length = max(min(length, stop - at) - 8, 0)
        return Outline("udp", (here, source), (there, target), protocol, length)
    version = 6 if ":" in here else 4
    if protocol == _IP_ICMP[version] and there_is >= 8:
        read = _icmp if version == 4 else _icmpv6
        return read(data, at, stop, here, there, quoted)
    return _packet(protocol, here, there, stop - at)


def _tcp(data: bytes, at: int, stop: int, here: str, there: str) -> Outline:
    source, target, seq, ack, first, window = _TCP.unpack_from(data, at)
    header = (first >> 12) * 4
    begin = at + header
    return Outline(
        "tcp",
        (here, source),
        (there, target),
        _IP_TCP,
        stop - begin if header >= 20 and begin < stop else 0,
        first & 0xFFF,
        seq,
        ack,
        window,
        data[at + 20 : min(begin, stop)] if header > 20 else b"",
    )


def _icmp(data: bytes, at: int, stop: int, here: str, there: str, quoted: bool) -> Outline:
    kind, code, ident, seq = _ICMP.unpack_from(data, at)
    echo = kind in (icmp.ECHO_REQUEST, icmp.ECHO_REPLY)
    about = None if quoted or kind not in icmp.ERRORS else _ipv4(data, at + 8, stop, True)
    return Outline(
        "icmp",
        (here, 0),
        (there, 0),
        1,
        stop - at - 8,
        seq=seq if echo else 0,
        type=kind,
        code=code,
        ident=ident if echo else 0,
        mtu=seq if kind == icmp.UNREACHABLE and code == icmp.FRAGMENTATION_NEEDED else 0,
        about=about,
    )


def _icmpv6(data: bytes, at: int, stop: int, here: str, there: str, quoted: bool) -> Outline:
    kind, code, ident, seq = _ICMP.unpack_from(data, at)
    echo = kind in (icmpv6.ECHO_REQUEST, icmpv6.ECHO_REPLY)
    about = None if quoted or kind not in icmpv6.ERRORS else _ipv6(data, at + 8, stop, True)
    target = told = ""
    end = min(stop, len(data))
    if kind in (icmpv6_neighbours.SOLICITATION, icmpv6_neighbours.ADVERTISEMENT) and end >= at + 24:
        target = ipv6(data[at + 8 : at + 24])
        if end >= at + 32 and data[at + 24] in (1, 2) and data[at + 25] == 1:
            told = mac(data[at + 26 : at + 32])
    return Outline(
        "icmpv6",
        (here, 0),
        (there, 0),
        58,
        stop - at - 8,
        seq=seq if echo else 0,
        type=kind,
        code=code,
        ident=ident if echo else 0,
        mtu=ident << 16 | seq if kind == icmpv6.TOO_BIG else 0,
        target=target,
        mac=told,
        about=about,
    )


def _arp(data: bytes) -> Outline | None:
    """A question or an answer about an IPv4 address; None for ARP of any other kind."""
    if len(data) < 42 or data[16:20] != _INTERNET:
        return None
    sender, target = ipv4(data[28:32]), ipv4(data[38:42])
    operation = int.from_bytes(data[20:22])
    asked = target if operation == arp.REQUEST else sender
    told = mac(data[22:28])
    return Outline(
        "arp", (sender, 0), (target, 0), 0x0806, 0, type=operation, target=asked, mac=told
    )
