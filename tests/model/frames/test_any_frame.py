"""Whatever the bytes: decoding ends, raises nothing and stays within the frame."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from socklab.model.frames import Layer, decode, frame_line, outline, tcp_options
from socklab.model.frames.outline import Outline
from tests.model.frames.build import ethernet, icmp, icmpv6, ipv4, ipv6, tcp, udp
from tests.model.frames.samples import LYING, SOUND

SAMPLES = [*SOUND.values(), *LYING.values()]
bytes_ = st.binary(max_size=120)
byte = st.integers(0, 255)
protocols = st.sampled_from([0, 1, 6, 17, 43, 44, 58, 59, 60, 253])


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A frame with a few bytes changed."""
    frame = bytearray(draw(st.sampled_from(SAMPLES)))
    for place, value in draw(st.lists(st.tuples(st.integers(0, 200), byte), max_size=6)):
        if place < len(frame):
            frame[place] = value
    return bytes(frame)


@st.composite
def built(draw: st.DrawFn) -> bytes:
    """A frame whose outer headers fit and whose inner ones are anything."""
    anything = draw(bytes_)
    options = draw(st.binary(max_size=40))
    kind, code = draw(byte), draw(byte)
    packet = draw(
        st.sampled_from(
            [
                ipv4(tcp(anything, draw(st.integers(0, 0xFFF)), options=options)),
                ipv4(udp(anything, length=draw(st.integers(0, 200))), 17, options=options),
                ipv4(anything, draw(protocols), fragment=draw(st.integers(0, 0xFFFF))),
                ipv4(icmp(kind, code, bytes(4) + ipv4(anything, draw(protocols))), 1),
                ipv6(anything, draw(protocols), length=draw(st.integers(0, 300))),
                ipv6(icmpv6(draw(st.sampled_from([kind, *range(1, 5), *range(128, 144)])), code,
                            anything), 58),
                ipv6(icmpv6(1, 4, bytes(4) + ipv6(anything, draw(protocols))), 58),
            ]
        )
    )  # fmt: skip
    return ethernet(packet)


types = st.sampled_from([b"\x08\x00", b"\x08\x06", b"\x86\xdd", b"\x00\x20"])
rubbish = st.builds(lambda kind, rest: bytes(12) + kind + rest, types, bytes_)
frames = st.one_of(bytes_, rubbish, damaged(), built())
cuts = st.one_of(st.none(), st.integers(0, 150))
more = st.integers(0, 2000)


@given(frames, cuts, more)
def test_every_field_lies_within_what_is_there(frame: bytes, kept: int | None, lost: int) -> None:
    data = frame[:kept]
    layer = decode(data, len(frame) + lost)
    begins = -1
    for one in layer.chain():
        assert begins < one.start <= one.stop <= len(data) or one.start == one.stop
        begins = one.start
        assert one.summary.isprintable()
        for field in one.fields:
            assert 0 <= field.start <= field.stop <= len(data) or field.start == field.stop
            assert field.text.isprintable()
            assert field.meaning.isprintable()
            if field.bits is not None:
                assert 0 <= field.bits[0] <= field.bits[1] < (field.stop - field.start) * 8
            if isinstance(field.value, bytes):
                assert field.value == data[field.start : field.stop]


@given(frames, cuts, more)
def test_the_outline_says_what_the_whole_says(frame: bytes, kept: int | None, lost: int) -> None:
    data, size = frame[:kept], len(frame) + lost
    seen, layer = outline(data, size), decode(data, size)
    assert frame_line(seen).isprintable()
    layers = {one.name: one for one in reversed(list(layer.chain()))}
    if seen.kind == "tcp":
        agree_on_tcp(seen, layers["TCP"])
    elif seen.kind == "udp":
        assert "UDP" in layers
        agree_on_numbers(layers["UDP"], {"udp.srcport": seen.source[1],
                                         "udp.dstport": seen.destination[1]})  # fmt: skip
        agree_on_length(seen, layers["UDP"])
    elif seen.kind == "icmp":
        agree_on_numbers(layers["ICMP"], {"icmp.type": seen.type, "icmp.code": seen.code})
    elif seen.kind == "icmpv6":
        agree_on_numbers(layers["ICMPv6"], {"icmpv6.type": seen.type, "icmpv6.code": seen.code})
    elif seen.kind == "arp":
        agree_on_numbers(layers["ARP"], {"arp.opcode": seen.type})


def agree_on_tcp(seen: Outline, layer: Layer) -> None:
    agree_on_numbers(
        layer,
        {
            "tcp.srcport": seen.source[1],
            "tcp.dstport": seen.destination[1],
            "tcp.seq_raw": seen.seq,
            "tcp.ack_raw": seen.ack,
            "tcp.window_size_value": seen.window,
        },
    )
    (flags,) = layer.find("tcp.flags")
    assert flags.value == seen.flags
    assert [field.value for field in layer.find("tcp.len")] in ([], [seen.length])
    options = [field.value for field in layer.fields if field.name == "tcp.options"]
    assert options == ([seen.options] if seen.options else [])
    agree_on_length(seen, layer)
    said = tcp_options(seen.options)
    edges = [field.value for field in layer.find("tcp.options.sack_le")]
    assert [left for left, _right in said.sack] == edges or layer.problems


def agree_on_numbers(layer: Layer, numbers: dict[str, int]) -> None:
    for name, number in numbers.items():
        assert [field.value for field in layer.fields if field.name == name] == [number]


def agree_on_length(seen: Outline, layer: Layer) -> None:
    inner = layer.inner
    lengths = [field.value for field in inner.find("data.len")] if inner else [0]
    assert lengths == [seen.length]


@given(st.sampled_from(SAMPLES), more)
def test_a_frame_that_grows_says_more_and_never_something_else(frame: bytes, lost: int) -> None:
    size = len(frame) + lost
    before: set[tuple[str, int, int]] = set()
    for kept in range(0, len(frame) + 1, 7):
        layer = decode(frame[:kept], size)
        found = {
            (field.name, field.start, field.stop)
            for one in layer.chain()
            for field in one.fields
            if field.start < field.stop and not isinstance(field.value, bytes)
        }
        assert before <= found
        before = found
