"""Frames made by hand, for what Linux doesn't send by itself."""

from __future__ import annotations

from ipaddress import IPv6Address

from tests.model.frames.build import (
    CLIENT6,
    SERVER6,
    SERVER_MAC,
    arp,
    ethernet,
    icmp,
    icmpv6,
    ipv4,
    ipv6,
    tcp,
    udp,
)

_ENDS6 = CLIENT6, SERVER6
_TARGET = IPv6Address(SERVER6).packed
_FROM_ME = bytes.fromhex("0101020000000001")
_QUOTED = ipv4(udp(b"hello"), 17)
_QUOTED6 = ipv6(udp(b"hello", ends=_ENDS6), 17)


def with_tcp_options(options: str, flags: int = 0x10) -> bytes:
    return ethernet(ipv4(tcp(b"", flags, options=bytes.fromhex(options))))


def with_ipv4_options(options: str) -> bytes:
    return ethernet(ipv4(udp(b"hi"), 17, options=bytes.fromhex(options)))


def with_extension(following: int, header: str) -> bytes:
    return ethernet(ipv6(bytes.fromhex(header) + udp(b"hi", ends=_ENDS6), following))


def with_icmp(kind: int, code: int, rest: bytes) -> bytes:
    return ethernet(ipv4(icmp(kind, code, rest), 1))


def with_icmpv6(kind: int, code: int, rest: bytes) -> bytes:
    return ethernet(ipv6(icmpv6(kind, code, rest), 58))


SOUND = {
    "TCP, a SYN of Linux": with_tcp_options("020405b40402080a00000001000000000103030a", 2),
    "TCP, all flags": ethernet(ipv4(tcp(b"hi", 0xFFF, urgent=1))),
    "TCP, MD5": with_tcp_options("1312" + "41" * 16),
    "TCP, user timeout": with_tcp_options("1c048005"),
    "TCP, Fast Open cookie": with_tcp_options("020405b4 2206aabbccdd", 2),
    "TCP, Fast Open request": with_tcp_options("020405b4 2202", 2),
    "TCP, Fast Open as an experiment": with_tcp_options("fe08f989aabbccdd", 2),
    "TCP, another experiment": with_tcp_options("fd06123499aa"),
    "TCP, SACK of three blocks": with_tcp_options("0101 051a" + "0000000100000002" * 3),
    "TCP, unknown option": with_tcp_options("63061234aaaa0000"),
    "TCP, window scale too large": with_tcp_options("020405b4 030310 00", 2),
    "TCP, wrong checksum": ethernet(ipv4(tcp(b"hi", checksum=1))),
    "IPv4, wrong checksum": ethernet(ipv4(tcp(b"hi"), checksum=0)),
    "UDP, wrong checksum": ethernet(ipv4(udp(b"hi", checksum=77), 17, tos=0xB9)),
    "UDP, no checksum": ethernet(ipv4(udp(b"hi", checksum=0), 17)),
    "UDP, padded": ethernet(ipv4(udp(b"hi"), 17) + bytes(16)),
    "UDP over IPv6": ethernet(ipv6(udp(b"hi", ends=_ENDS6), 17, traffic=0xB9, label=0x12345)),
    "IPv4, router alert and record route": with_ipv4_options("94040000 01 07070c0a000001 01 00"),
    "IPv4, record route, empty": with_ipv4_options("070b04 0000000000000000 00"),
    "IPv4, timestamps and addresses": with_ipv4_options("440c0511 0a000001 00000010"),
    "IPv4, timestamps": with_ipv4_options("440c0d00 00000001 00000010"),
    "IPv4, loose source route": with_ipv4_options("8307080a000003 01"),
    "IPv4, strict source route": with_ipv4_options("8907080a000003 01"),
    "IPv4, first fragment": ethernet(ipv4(udp(b"hi" * 20, length=100), 17, fragment=0x2000)),
    "IPv4, last fragment": ethernet(ipv4(b"hi" * 20, 17, fragment=0x0006)),
    "IPv4, unknown protocol": ethernet(ipv4(b"abcdefgh", 253)),
    "ICMP, echo": with_icmp(8, 0, b"\0\1\0\2abcdefgh"),
    "ICMP, fragmentation needed": with_icmp(3, 4, b"\0\0\5\xdc" + _QUOTED),
    "ICMP, host unreachable": with_icmp(3, 1, bytes(4) + _QUOTED[:28]),
    "ICMP, redirect": with_icmp(5, 1, b"\x0a\0\0\1" + _QUOTED[:28]),
    "ICMP, time exceeded": with_icmp(11, 0, bytes(4) + _QUOTED[:28]),
    "ICMP, parameter problem": with_icmp(12, 0, b"\x14\0\0\0" + _QUOTED[:28]),
    "ICMP, timestamp": with_icmp(13, 0, bytes.fromhex("00010002000000010000000200000003")),
    "IPv6, hop-by-hop options": with_extension(0, "1100050200000100"),
    "IPv6, destination options": with_extension(60, "1100010400000000"),
    "IPv6, two extension headers": with_extension(0, "3c00010400000000 1100 0104 00000000"),
    "IPv6, padding of one byte": with_extension(60, "1100000103ab0000"),
    "IPv6, jumbo payload": with_extension(0, "1100c20400010000"),
    "IPv6, unknown option": with_extension(60, "11003f0412345678"),
    "IPv6, routing": with_extension(43, "11020001 00000000" + _TARGET.hex()),
    "IPv6, first fragment": with_extension(44, "11000001 00000099"),
    "IPv6, later fragment": with_extension(44, "11000010 00000099"),
    "IPv6, a fragment that is whole": with_extension(44, "11000000 00000099"),
    "IPv6, nothing follows": ethernet(ipv6(b"", 59)),
    "ICMPv6, echo": with_icmpv6(128, 0, b"\0\1\0\2abcdefgh"),
    "ICMPv6, port unreachable": with_icmpv6(1, 4, bytes(4) + _QUOTED6),
    "ICMPv6, too big": with_icmpv6(2, 0, b"\0\0\5\0" + _QUOTED6),
    "ICMPv6, time exceeded": with_icmpv6(3, 0, bytes(4) + _QUOTED6[:48]),
    "ICMPv6, parameter problem": with_icmpv6(4, 1, b"\0\0\0\x28" + _QUOTED6),
    "ICMPv6, router solicitation": with_icmpv6(133, 0, bytes(4) + _FROM_ME),
    "ICMPv6, router advertisement": with_icmpv6(
        134,
        0,
        bytes.fromhex("40c80708 00000000 00000000")
        + _FROM_ME
        + bytes.fromhex("05010000000005dc 030440c0 00278d00 00093a80 00000000")
        + IPv6Address("fd00::").packed
        + bytes.fromhex("1903000000000e10")
        + _TARGET,
    ),
    "ICMPv6, neighbour solicitation": with_icmpv6(
        135, 0, bytes(4) + _TARGET + _FROM_ME + bytes.fromhex("0e01112233445566 6301020000000001")
    ),
    "ICMPv6, neighbour advertisement": with_icmpv6(
        136, 0, b"\xe0\0\0\0" + _TARGET + bytes.fromhex("0201020000000002")
    ),
    "ICMPv6, redirect": with_icmpv6(
        137,
        0,
        bytes(4)
        + _TARGET
        + IPv6Address("fd00::9").packed
        + bytes.fromhex("0201020000000002 0407000000000000")
        + _QUOTED6[:48],
    ),
    "ICMPv6, listener query": with_icmpv6(130, 0, bytes.fromhex("27100000") + _TARGET),
    "ICMPv6, second query": with_icmpv6(
        130, 0, bytes.fromhex("27100000") + bytes(16) + bytes.fromhex("0a7d0001") + _TARGET
    ),
    "ICMPv6, listener done": with_icmpv6(132, 0, bytes(4) + _TARGET),
    "ICMPv6, listener report with sources": with_icmpv6(
        143, 0, bytes.fromhex("00000001 06000001") + IPv6Address("ff02::9").packed + _TARGET
    ),
    "ARP, padded reply": ethernet(arp(2, SERVER_MAC) + bytes(18), 0x0806),
    "ARP, hardware of IEEE 802": ethernet(arp(1, kind=6), 0x0806),
    "ARP, other addresses": ethernet(
        bytes.fromhex("0007 0800 02 04 0001 a1a2 0a000001 0000 0a000002"), 0x0806
    ),
    "Ethernet, trailer": ethernet(ipv4(udp(b"x" * 40), 17) + b"abc"),
    "Ethernet, length": ethernet(b"\xaa\xaa\x03abcdefghijk", 14),
    "unknown Ethernet type": ethernet(b"hello", 0x88B5),
}
"""Frames with nothing wrong in them but here and there a checksum."""

LYING = {
    "TCP header length too small": ethernet(ipv4(tcp(b"hi", words=4))),
    "TCP header length too large": ethernet(ipv4(tcp(b"hi", words=15))),
    "TCP option of length 0": with_tcp_options("02000101"),
    "TCP option longer than the header": with_tcp_options("0101 0520"),
    "TCP option of the wrong length": with_tcp_options("02030101"),
    "TCP option cut off": with_tcp_options("01010102"),
    "TCP, more behind the end": with_tcp_options("01000404"),
    "IPv4 total length too large": ethernet(ipv4(tcp(b"hi"), total=9000)),
    "IPv4 total length less than the header": ethernet(ipv4(tcp(b"hi"), total=10)),
    "IPv4 total length 0": ethernet(ipv4(tcp(b"hi"), total=0)),
    "IPv4 header length too small": ethernet(ipv4(tcp(b"hi"), words=3)),
    "IPv4 header length too large": ethernet(ipv4(tcp(b"hi"), words=15)),
    "IPv4 option of length 0": with_ipv4_options("99041234 8200"),
    "IPv4 version 5": ethernet(b"\x55" + ipv4(udp(b"hi"), 17)[1:], 0x0800),
    "UDP length too small": ethernet(ipv4(udp(b"hi", length=4), 17)),
    "UDP length 0": ethernet(ipv4(udp(b"hi", length=0), 17)),
    "UDP length too large": ethernet(ipv4(udp(b"hi", length=40), 17)),
    "UDP over IPv6 without checksum": ethernet(ipv6(udp(b"hi", checksum=0, ends=_ENDS6), 17)),
    "IPv6 payload length too large": ethernet(ipv6(udp(b"hi", ends=_ENDS6), 17, length=500)),
    "IPv6 payload length too small": ethernet(ipv6(udp(b"hi", ends=_ENDS6), 17, length=5)),
    "IPv6 version 5": ethernet(b"\x50" + ipv6(udp(b"hi", ends=_ENDS6), 17)[1:], 0x86DD),
    "IPv6 extension header too long": with_extension(0, "1105010400000000"),
    "IPv6 option too long": with_extension(0, "1100010900000000"),
    "ICMP cut short": with_icmp(8, 0, b"\0\1"),
    "ICMPv6 cut short": with_icmpv6(128, 0, b""),
    "neighbour option of length 0": with_icmpv6(
        135, 0, bytes(4) + _TARGET + bytes.fromhex("0100020000000001")
    ),
    "neighbour option too long": with_icmpv6(
        135, 0, bytes(4) + _TARGET + bytes.fromhex("01ff020000000001")
    ),
    "neighbour option too short": with_icmpv6(
        134, 0, bytes(12) + bytes.fromhex("0301020000000001")
    ),
    "more groups than there are": with_icmpv6(143, 0, bytes.fromhex("0000ffff 04000000") + _TARGET),
    "ARP cut short": ethernet(arp(1)[:20], 0x0806),
    "an Ethernet length that can't be": ethernet(b"hello", 1400),
    "an Ethernet header cut short": ethernet(b"", 0x0800)[:13],
    "nothing at all": b"",
}
"""Frames that are cut short, or say something of their lengths that can't be."""
