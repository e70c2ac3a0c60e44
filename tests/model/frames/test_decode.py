"""What a frame's bytes say, field by field. tests/oracles/test_tshark.py has Wireshark judge it."""

from __future__ import annotations

import pytest

from socklab.model.frames import Field, Layer, Status, decode
from tests.model.frames.build import (
    CLIENT,
    CLIENT6,
    SERVER,
    SERVER6,
    arp,
    ethernet,
    icmp,
    ipv4,
    ipv6,
    tcp,
    udp,
)
from tests.model.frames.samples import LYING, SOUND, with_ipv4_options

SYN = SOUND["TCP, a SYN of Linux"]
HELLO = ethernet(ipv4(tcp(b"hello", 0x18, seq=1000, ack=77)))


def field(frame: bytes | Layer, name: str) -> Field:
    """The only field of that name."""
    layer = decode(frame) if isinstance(frame, bytes) else frame
    (found,) = layer.find(name)
    return found


def names(frame: bytes) -> list[str]:
    return [layer.name for layer in decode(frame).chain()]


def problems(layer: Layer) -> list[str]:
    return [problem for one in layer.chain() for problem in one.problems]


def test_a_segment_with_data() -> None:
    assert names(HELLO) == ["Ethernet", "IPv4", "TCP", "Data"]
    assert field(HELLO, "tcp.srcport").value == 41822
    assert field(HELLO, "tcp.seq_raw").value == 1000
    assert field(HELLO, "tcp.ack_raw").value == 77
    assert field(HELLO, "tcp.len").value == 5
    assert field(HELLO, "tcp.payload").value == b"hello"
    assert field(HELLO, "tcp.flags").text == "PSH,ACK (0x018)"
    assert field(HELLO, "ip.src").value == CLIENT
    assert field(HELLO, "ip.dst").value == SERVER
    assert problems(decode(HELLO)) == []


def test_a_field_says_where_it_lies() -> None:
    window = field(HELLO, "tcp.window_size_value")
    assert (window.start, window.stop, window.bits) == (48, 50, None)
    syn = field(HELLO, "tcp.flags.syn")
    assert (syn.start, syn.stop, syn.bits) == (47, 48, (6, 6))
    assert syn.depth == 1
    worked_out = field(HELLO, "tcp.len")
    assert worked_out.start == worked_out.stop


def test_a_header_length_is_told_in_bytes() -> None:
    assert field(SYN, "tcp.hdr_len").value == 40
    assert field(SYN, "ip.hdr_len").value == 20
    assert field(SYN, "tcp.hdr_len").bits == (0, 3)


def test_what_the_options_of_a_syn_say() -> None:
    assert field(SYN, "tcp.options.mss_val").value == 1460
    assert field(SYN, "tcp.options.wscale.shift").value == 10
    assert field(SYN, "tcp.options.wscale.multiplier").value == 1024
    assert field(SYN, "tcp.options.timestamp.tsval").value == 1
    assert [one.text for one in decode(SYN).find("tcp.option_kind")] == [
        "maximum segment size (2)",
        "SACK permitted (4)",
        "timestamps (8)",
        "no operation (1)",
        "window scale (3)",
    ]


@pytest.mark.parametrize(
    ("options", "again"),
    [
        ("0101050a 00000020 00000030", []),  # behind a gap
        ("0101050a 00000001 00000010", [1, 16]),  # acknowledged already
        ("01010512 00000024 00000028 00000020 00000030", [36, 40]),  # within the second block
        ("01010512 00000020 00000030 00000040 00000050", []),
    ],
)
def test_sack_blocks_of_what_came_twice(options: str, again: list[int]) -> None:
    frame = ethernet(ipv4(tcp(b"", ack=16, options=bytes.fromhex(options))))
    assert [
        one.value
        for name in ("tcp.options.sack.dsack_le", "tcp.options.sack.dsack_re")
        for one in decode(frame).find(name)
    ] == again


@pytest.mark.parametrize(
    ("frame", "name", "status"),
    [
        (HELLO, "ip", Status.GOOD),
        (HELLO, "tcp", Status.GOOD),
        (SOUND["IPv4, wrong checksum"], "ip", Status.BAD),
        (SOUND["TCP, wrong checksum"], "tcp", Status.BAD),
        (SOUND["UDP, wrong checksum"], "udp", Status.BAD),
        (SOUND["UDP, no checksum"], "udp", Status.ABSENT),
        (SOUND["UDP over IPv6"], "udp", Status.GOOD),
        (LYING["UDP over IPv6 without checksum"], "udp", Status.BAD),
        (SOUND["IPv4, first fragment"], "udp", Status.UNVERIFIED),
        (SOUND["IPv6, first fragment"], "udp", Status.UNVERIFIED),
        (SOUND["IPv6, a fragment that is whole"], "udp", Status.GOOD),
        (SOUND["ICMP, echo"], "icmp", Status.GOOD),
        (SOUND["ICMPv6, echo"], "icmpv6", Status.GOOD),
        (LYING["IPv4 total length too large"], "tcp", Status.UNVERIFIED),
    ],
)
def test_checksums(frame: bytes, name: str, status: Status) -> None:
    assert field(frame, f"{name}.checksum.status").value == status


def test_a_checksum_that_was_left_to_the_network_card_is_not_wrong() -> None:
    """As on loopback: 0x7f00 + 1 + 0x7f00 + 1 + 6 + 20, the sum over the pseudo-header alone."""
    here = "127.0.0.1"
    frame = ethernet(ipv4(tcp(checksum=0xFE1C, ends=(here, here)), source=here, target=here))
    assert field(frame, "tcp.checksum.status").value == Status.UNVERIFIED
    assert problems(decode(frame)) == []


def test_a_wrong_checksum_says_what_it_should_be() -> None:
    right = field(ethernet(ipv4(tcp(b"hi"))), "tcp.checksum").text
    wrong = decode(SOUND["TCP, wrong checksum"])
    assert right in field(wrong, "tcp.checksum.status").meaning
    assert problems(wrong) == ["the checksum is wrong"]


def test_a_checksum_is_over_the_last_address_of_a_source_route() -> None:
    last = udp(b"hi", ends=(CLIENT, "10.0.0.9"))
    options = bytes.fromhex("830b04 0a000007 0a000009")
    frame = ethernet(ipv4(last, 17, options=options))
    assert field(frame, "udp.checksum.status").value == Status.GOOD
    assert [one.value for one in decode(frame).find("ip.src_rt")] == ["10.0.0.7", "10.0.0.9"]
    routed = bytes.fromhex("11020001 00000000") + bytes(15) + b"\x09"
    packet = ipv6(routed + udp(b"hi", ends=(CLIENT6, "::9")), 43)
    assert field(ethernet(packet), "udp.checksum.status").value == Status.GOOD


@pytest.mark.parametrize("kept", [60, 100, 1000])
def test_a_cut_frame_says_that_its_checksum_cant_be_verified(kept: int) -> None:
    frame = ethernet(ipv4(tcp(bytes(1400))))
    layer = decode(frame[:kept], len(frame))
    status = field(layer, "tcp.checksum.status")
    assert status.value == Status.UNVERIFIED
    assert "only the beginning of the frame was kept" in status.meaning
    assert field(layer, "ip.checksum.status").value == Status.GOOD
    assert field(layer, "tcp.len").value == 1400
    assert field(layer, "tcp.payload").stop == kept
    assert problems(layer) == []


def test_a_frame_cut_in_a_header_says_so_once() -> None:
    layer = decode(SYN[:50], len(SYN))
    assert problems(layer) == ["only the first 50 bytes of the frame were kept"]
    assert field(layer, "tcp.window_size_value").value == 65495


def test_what_fills_a_frame_up_is_no_data() -> None:
    frame = SOUND["UDP, padded"]
    assert field(frame, "udp.payload").value == b"hi"
    assert field(frame, "eth.padding").value == bytes(16)
    behind = field(SOUND["Ethernet, trailer"], "eth.trailer")
    assert behind.value == b"abc"


def test_only_the_first_fragment_has_the_header_of_what_it_is_a_piece_of() -> None:
    for version in ("IPv4", "IPv6"):
        first = f"{version}, first fragment"
        assert names(SOUND[first]) == ["Ethernet", version, "UDP", "Data"]
        assert problems(decode(SOUND[first])) == []
    assert names(SOUND["IPv4, last fragment"]) == ["Ethernet", "IPv4", "Data"]
    assert names(SOUND["IPv6, later fragment"]) == ["Ethernet", "IPv6", "Data"]
    assert "48 bytes" in field(SOUND["IPv4, last fragment"], "ip.frag_offset").text


def test_an_error_shows_the_packet_that_it_is_about() -> None:
    frame = SOUND["ICMP, host unreachable"]
    assert names(frame) == ["Ethernet", "IPv4", "ICMP", "IPv4", "UDP"]
    assert field(frame, "udp.dstport").value == 48080
    assert problems(decode(frame)) == []  # that only its beginning is there is as it should be
    assert field(frame, "udp.checksum.status").value == Status.UNVERIFIED
    assert field(SOUND["ICMP, fragmentation needed"], "icmp.mtu").value == 1500


def test_an_error_about_an_error_isnt_followed_further() -> None:
    packet = ipv4(udp(b"hi"), 17)
    for _times in range(50):
        packet = ipv4(icmp(3, 3, bytes(4) + packet), 1)
    assert names(ethernet(packet)) == ["Ethernet", "IPv4", "ICMP", "IPv4", "ICMP", "Data"]


def test_a_neighbour_is_asked_for() -> None:
    asked = SOUND["ICMPv6, neighbour solicitation"]
    assert field(asked, "icmpv6.nd.ns.target_address").value == SERVER6
    assert field(asked, "icmpv6.opt.linkaddr").value == "02:00:00:00:00:01"


def field_layer(frame: bytes, name: str) -> Layer:
    (found,) = [layer for layer in decode(frame).chain() if layer.name == name]
    return found


def test_each_layer_sums_itself_up() -> None:
    assert [layer.summary for layer in decode(HELLO).chain()] == [
        "02:00:00:00:00:01 → 02:00:00:00:00:02",
        "10.0.0.1 → 10.0.0.2",
        "41822 → 48080 [PSH,ACK]",
        "5 bytes",
    ]
    assert field_layer(ethernet(arp(), 0x0806), "ARP").summary == "who has 10.0.0.2? Tell 10.0.0.1"


def test_either_address_is_found_by_one_name() -> None:
    assert [one.value for one in decode(HELLO).find("ip.addr")] == [CLIENT, SERVER]
    assert [one.value for one in decode(HELLO).find("tcp.port")] == [41822, 48080]
    assert list(decode(HELLO).find("udp.port")) == []


def test_a_byte_knows_its_field() -> None:
    layer = decode(HELLO)

    def name_at(offset: int) -> str:
        found = layer.at(offset)
        assert found is not None
        assert found[1] is not None
        return found[1].name

    assert name_at(0) == "eth.dst.lg"  # the narrowest
    assert name_at(5) == "eth.dst"
    assert name_at(30) == "ip.dst"
    assert name_at(38) == "tcp.seq_raw"
    assert name_at(58) == "data.data"
    assert layer.at(len(HELLO)) is None


@pytest.mark.parametrize("sample", SOUND)
def test_every_byte_of_a_frame_belongs_to_a_field(sample: str) -> None:
    layer = decode(SOUND[sample])
    for offset in range(len(SOUND[sample])):
        found = layer.at(offset)
        assert found is not None
        assert found[1] is not None, offset


@pytest.mark.parametrize("sample", SOUND)
def test_in_a_sound_frame_nothing_is_wrong_but_a_checksum(sample: str) -> None:
    assert set(problems(decode(SOUND[sample]))) <= {"the checksum is wrong"}
    assert bool(problems(decode(SOUND[sample]))) == ("wrong checksum" in sample)


@pytest.mark.parametrize("sample", LYING)
def test_a_frame_that_cant_be_says_what_is_wrong(sample: str) -> None:
    assert problems(decode(LYING[sample]))


@pytest.mark.parametrize(
    ("sample", "said"),
    [
        ("IPv4 total length too large", "says 9,000 bytes, and there are 42 bytes"),
        ("IPv6 payload length too large", "says 500 bytes, and there are 10 bytes"),
        ("UDP length too large", "says 40 bytes, and there are 10 bytes"),
        ("TCP header length too small", "header length is too small"),
        ("TCP option of length 0", "maximum segment size can't be"),
        ("UDP over IPv6 without checksum", "IPv6 asks for one"),
    ],
)
def test_what_is_wrong_is_told_in_numbers(sample: str, said: str) -> None:
    assert said in " ".join(problems(decode(LYING[sample])))


def test_an_option_that_isnt_known_keeps_its_bytes() -> None:
    frame = SOUND["TCP, unknown option"]
    assert field(frame, "tcp.options.unknown.payload").value == bytes.fromhex("1234aaaa")
    unknown = with_ipv4_options("99041234")
    assert any(one.value == b"\x12\x34" for one in decode(unknown).find(""))
