"""Frames at a glance."""

from __future__ import annotations

import pytest

from socklab.model.frames import Fragment, TcpOptions, outline, tcp_options
from tests.model.frames.build import CLIENT, SERVER, arp, ethernet, ipv4, tcp
from tests.model.frames.samples import LYING, SOUND


def test_a_segment() -> None:
    frame = ethernet(ipv4(tcp(b"hello", 0x18, seq=1000, ack=77)) + bytes(6))
    seen = outline(frame)
    assert seen.kind == "tcp"
    assert (seen.source, seen.destination) == ((CLIENT, 41822), (SERVER, 48080))
    assert (seen.seq, seen.ack, seen.flags, seen.length) == (1000, 77, 0x18, 5)
    assert seen.window == 65495
    assert seen.options == b""


def test_of_a_cut_frame_the_true_length_is_told() -> None:
    frame = ethernet(ipv4(tcp(bytes(1400))))
    assert outline(frame[:60], len(frame)).length == 1400
    assert outline(frame[:50], len(frame)).kind == "ip"


def test_fragments() -> None:
    first = outline(SOUND["IPv4, first fragment"])
    assert (first.kind, first.destination[1]) == ("udp", 48080)
    assert first.fragment == Fragment(0x1234, 0, True)
    last = outline(SOUND["IPv4, last fragment"])
    assert (last.kind, last.protocol, last.length) == ("ip", 17, 40)
    assert last.fragment == Fragment(0x1234, 48, False)
    later = outline(SOUND["IPv6, later fragment"])
    assert later.fragment == Fragment(0x99, 16, False)
    assert outline(SOUND["IPv6, a fragment that is whole"]).fragment is None


def test_an_error_and_the_packet_that_it_is_about() -> None:
    seen = outline(SOUND["ICMP, fragmentation needed"])
    assert (seen.kind, seen.type, seen.code, seen.mtu) == ("icmp", 3, 4, 1500)
    assert seen.about is not None
    assert seen.about.destination == (SERVER, 48080)
    too_big = outline(SOUND["ICMPv6, too big"])
    assert too_big.mtu == 1280
    assert too_big.about is not None
    assert too_big.about.kind == "udp"


def test_who_is_asked_for_and_what_is_told() -> None:
    asks = outline(ethernet(arp(), 0x0806))
    assert (asks.kind, asks.type, asks.target) == ("arp", 1, SERVER)
    tells = outline(SOUND["ICMPv6, neighbour advertisement"])
    assert (tells.target, tells.mac) == ("fd00::2", "02:00:00:00:00:02")


def test_what_isnt_ip_has_hardware_addresses() -> None:
    seen = outline(SOUND["unknown Ethernet type"])
    assert (seen.kind, seen.protocol, seen.length) == ("other", 0x88B5, 5)
    assert seen.source == ("02:00:00:00:00:01", 0)
    assert outline(b"").kind == "other"


@pytest.mark.parametrize("sample", LYING)
def test_a_length_is_never_less_than_nothing(sample: str) -> None:
    assert outline(LYING[sample]).length >= 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("", TcpOptions()),
        ("0101080a 00000001 00000002", TcpOptions(timestamps=(1, 2))),
        (
            "020405b4 0402 080a0000000100000000 01 03030a",
            TcpOptions(1460, 10, True, (), (1, 0)),
        ),
        ("0101050a 00000005 00000009", TcpOptions(sack=((5, 9),))),
        ("2202 0101", TcpOptions(fast_open=b"")),
        ("2206aabbccdd 0000", TcpOptions(fast_open=bytes.fromhex("aabbccdd"))),
        ("0204 05b4 0200", TcpOptions(mss=1460)),  # the last is no option
        ("00020405b4", TcpOptions()),  # behind the end
    ],
)
def test_options(options: str, said: TcpOptions) -> None:
    assert tcp_options(bytes.fromhex(options)) == said
