"""A frame in one line."""

from __future__ import annotations

import pytest

from socklab.model.frames import Relative, frame_line, outline
from tests.model.frames.build import arp, ethernet, ipv4, tcp, udp
from tests.model.frames.samples import SOUND

ISN, PEERS = 0xFFFFFFF0, 5_000
KNOWN = Relative(ISN, PEERS, 3)


def segment(data: bytes = b"", flags: int = 0x10, options: str = "", **numbers: int) -> bytes:
    what = {"seq": ISN, "ack": 0, "window": 1000} | numbers
    return ethernet(ipv4(tcp(data, flags, options=bytes.fromhex(options), **what)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("frame", "line"),
    [
        (
            segment(flags=2, options="020405b40402080a00000001000000000103030a"),
            "41822 → 48080 [SYN] seq=0 win=1000 mss=1460 sack-permitted scale=10 ts=1/0",
        ),
        (
            segment(b"hello", 0x18, seq=ISN + 1, ack=PEERS + 1),
            "41822 → 48080 [PSH,ACK] seq=1 ack=1 win=8000 len=5",
        ),
        (
            segment(seq=20, ack=PEERS + 1, options="0101050a 00001770 00001788"),
            "41822 → 48080 [ACK] seq=36 ack=1 win=8000 sack=1000-1024",
        ),
        (segment(flags=4, seq=ISN + 9, window=0), "41822 → 48080 [RST] seq=9 win=0"),
        (segment(flags=0), "41822 → 48080 [none] seq=0 win=8000"),
        (
            segment(flags=2, options="2202"),
            "41822 → 48080 [SYN] seq=0 win=1000 fast-open",
        ),
    ],
)
def test_segments(frame: bytes, line: str) -> None:
    assert frame_line(outline(frame), KNOWN) == line


def test_where_the_beginning_isnt_known_the_numbers_are_the_segments_own() -> None:
    frame = segment(b"hello", 0x18, seq=77, ack=88)
    assert frame_line(outline(frame)) == "41822 → 48080 [PSH,ACK] seq=77 ack=88 win=1000 len=5"


@pytest.mark.parametrize(
    ("frame", "line"),
    [
        (ethernet(ipv4(udp(b"hello"), 17)), "41822 → 48080 len=5"),
        (ethernet(arp(), 0x0806), "who has 10.0.0.2? Tell 10.0.0.1"),
        (ethernet(arp(2), 0x0806), "10.0.0.1 is at 02:00:00:00:00:01"),
        (SOUND["ICMPv6, neighbour solicitation"], "who has fd00::2? Tell fd00::1"),
        (SOUND["ICMPv6, neighbour advertisement"], "fd00::2 is at 02:00:00:00:00:02"),
        (SOUND["ICMP, echo"], "echo request id=1 seq=2 len=8"),
        (
            SOUND["ICMP, fragmentation needed"],
            "fragmentation needed mtu=1500: UDP 10.0.0.1:41822 → 10.0.0.2:48080",
        ),
        (
            SOUND["ICMPv6, port unreachable"],
            "port unreachable: UDP [fd00::1]:41822 → [fd00::2]:48080",
        ),
        (
            SOUND["ICMP, time exceeded"],
            "time exceeded (in transit): UDP 10.0.0.1:41822 → 10.0.0.2:48080",
        ),
        (SOUND["ICMPv6, router solicitation"], "router solicitation"),
        (SOUND["IPv4, first fragment"], "41822 → 48080 len=40 (first fragment, 0x1234)"),
        (SOUND["IPv4, last fragment"], "fragment 0x1234 of UDP: bytes 48-87"),
        (SOUND["IPv4, unknown protocol"], "protocol 253 8 bytes"),
        (SOUND["unknown Ethernet type"], "Ethernet 0x88b5, 5 bytes"),
    ],
)
def test_all_else(frame: bytes, line: str) -> None:
    assert frame_line(outline(frame)) == line
