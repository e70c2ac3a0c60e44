"""What kind of frame one is."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.model.frame_kinds import KINDS, FrameKind, kinds
from socklab.model.wire_rules import Rule

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def tcp(flags: int, payload: bytes = b"", *, version: int = 4, padding: int = 0) -> bytes:
    segment = struct.pack("!HHIIBBHHH", 40000, 80, 1, 1, 5 << 4, flags, 100, 0, 0) + payload
    return ip(6, segment, version=version) + bytes(padding)


def ip(protocol: int, inner: bytes, *, version: int = 4, fragment: int = 0) -> bytes:
    if version == 6:
        header = struct.pack("!IHBB", 6 << 28, len(inner), protocol, 64) + bytes(32)
        return bytes(12) + b"\x86\xdd" + header + inner
    total = 20 + len(inner)
    header = struct.pack("!BBHHHBBH", 0x45, 0, total, 1, fragment, 64, protocol, 0) + bytes(8)
    return bytes(12) + b"\x08\x00" + header + inner


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize(
    ("flags", "payload", "expected"),
    [
        (SYN, b"", {"syn"}),
        (SYN | ACK, b"", {"syn-ack"}),
        (ACK, b"", {"ack"}),
        (PSH | ACK, b"hello", {"data"}),
        (FIN | ACK, b"", {"fin"}),
        (FIN | PSH | ACK, b"bye", {"fin", "data"}),
        (RST, b"", {"rst"}),
        (RST | ACK, b"", {"rst"}),
    ],
)
def test_a_segment(version: int, flags: int, payload: bytes, expected: set[FrameKind]) -> None:
    assert kinds(tcp(flags, payload, version=version)) == {"any", *expected}


def test_a_short_frames_padding_is_no_data() -> None:
    assert kinds(tcp(ACK, padding=6)) == {"any", "ack"}


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        (bytes(12) + b"\x08\x06" + bytes(28), "arp"),
        (ip(17, bytes(8)), "udp"),
        (ip(17, bytes(8), version=6), "udp"),
        (ip(1, bytes(8)), "icmp"),
        (ip(58, bytes(8), version=6), "icmp"),
    ],
)
def test_others(frame: bytes, kind: FrameKind) -> None:
    assert kinds(frame) == {"any", kind}


def test_a_later_fragment_is_of_no_kind() -> None:
    assert kinds(ip(17, bytes(8), fragment=185)) == {"any"}


@given(frame=st.binary(max_size=100) | st.integers(0, 60).map(lambda n: tcp(SYN)[:n]))
def test_whatever_comes_is_a_frame(frame: bytes) -> None:
    assert kinds(frame) <= set(KINDS)


def test_a_rule_takes_the_nth_of_its_kind_and_sender_once() -> None:
    rule = Rule("drop", "data", nth=2, sender="client")
    seen = [("client", "data"), ("server", "data"), ("client", "ack"), ("client", "data")]
    assert [rule.takes({"any", kind}, sender) for sender, kind in seen] == [  # type: ignore[arg-type]
        False,
        False,
        False,
        True,
    ]
    assert not rule.takes({"any", "data"}, "client")
