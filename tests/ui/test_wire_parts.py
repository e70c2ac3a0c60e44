"""The parts of the Wire pane by themselves: the drawing, the tree, the bytes, the bar's steps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.model.frames import decode, outline
from socklab.ui.panes.cells import width_of
from socklab.ui.panes.wire_bar import step
from socklab.ui.panes.wire_drawing import HIGH, LOW, Moving, Scene, Token, draw, short_name
from socklab.ui.panes.wire_hex import HexLines
from socklab.ui.panes.wire_tree import TreeLines, nodes
from tests.model.frames.build import arp, ethernet, icmp, ipv4, udp
from tests.model.frames.samples import LYING, SOUND
from tests.ui.wires import ACK, FIN_ACK, PSH_ACK, SYN, SYN_ACK, segment

HOSTS = ("client", "server")
token = st.builds(
    Token, st.integers(0, 99), st.sampled_from(["1 SYN", "22 SYN,ACK", "333 1448 B"]), st.booleans()
)
scenes = st.builds(
    Scene,
    st.just(HOSTS) | st.just(("a", "a-very-long-one")),
    st.just(("10.0.0.1", "10.0.0.2")) | st.just(("", "")),
    st.sets(st.sampled_from(HOSTS)).map(frozenset),
    st.booleans(),
    st.lists(token, max_size=12),
    st.integers(0, 500),
    st.lists(st.builds(Moving, token, st.floats(0, 1), st.sampled_from(["", "✗"])), max_size=6),
    st.none() | st.integers(0, 99),
    st.sampled_from(["", "50,000 frames/s"]),
)


@given(scenes, st.integers(40, 200), st.sampled_from([LOW, HIGH]))
def test_a_drawing_is_as_wide_as_it_should_be(scene: Scene, width: int, height: int) -> None:
    drawing = draw(scene, width, height)
    assert len(drawing.rows) == height
    for y, row in enumerate(drawing.rows):
        line = "".join(text for text, _style in row)
        assert width_of(line) == width
        for spot in drawing.spots:
            if spot.y == y:
                assert drawing.at(spot.start, y) == drawing.at(spot.stop - 1, y) == spot.what
                assert " " not in (line[spot.start], line[spot.stop - 1])


@given(st.lists(token.filter(lambda token: token.forth), max_size=30), st.integers(60, 160))
def test_no_held_frame_is_left_out_unsaid(held: list[Token], width: int) -> None:
    top = "".join(text for text, _style in draw(Scene(HOSTS, held=held), width).rows[0])
    missing = len(held) - top.count("▶]")
    assert (f"+{missing} more" in top) == bool(missing)


@pytest.mark.parametrize(
    ("frame", "name"),
    [
        (segment(SYN), "SYN"),
        (segment(SYN_ACK), "SYN,ACK"),
        (segment(ACK), "ACK"),
        (segment(PSH_ACK, b"hello"), "5 B"),
        (segment(FIN_ACK, b"hello"), "FIN 5 B"),
        (segment(0), "TCP"),
        (ethernet(ipv4(udp(b"hi"), 17)), "UDP 2 B"),
        (ethernet(arp(), 0x0806), "ARP"),
        (ethernet(ipv4(icmp(8, 0, b"\0\1\0\2"), 1)), "ICMP"),
        (b"", "?"),
    ],
)
def test_a_frame_in_a_word(frame: bytes, name: str) -> None:
    assert short_name(outline(frame)) == name


@pytest.mark.parametrize("data", [*SOUND.values(), *LYING.values()])
def test_every_line_of_a_tree_can_be_found_and_shown(data: bytes) -> None:
    lines = TreeLines(nodes(decode(data)), {})
    paths = [node.path for node in lines.nodes]
    assert len(paths) == len(set(paths))
    for node in lines.nodes:
        index = lines.reveal(node.path)
        assert lines.node(index) is node
        text = "".join(text for text, _style in lines.parts(index, 60))
        assert node.label in text
    assert len(lines) == len(lines.nodes)


def test_only_the_innermost_header_is_open() -> None:
    lines = TreeLines(nodes(decode(segment(PSH_ACK, b"hi"))), {})
    open_ones = [node.path for node in lines.nodes if node.branches and lines.is_open(node)]
    assert open_ones == ["TCP"]


@given(st.binary(max_size=200), st.sampled_from([8, 16]))
def test_each_byte_stands_where_it_is_clicked(data: bytes, per_row: int) -> None:
    lines = HexLines(data, decode(data), per_row, frozenset())
    assert len(lines) == -(-len(data) // per_row)
    for row in range(len(lines)):
        text = "".join(text for text, _style in lines.parts(row, 80))
        for x in range(len(text)):
            byte = lines.byte_at(x, row)
            if byte is not None and x + 1 < len(text) and lines.byte_at(x + 1, row) == byte:
                pair = text[x : x + 2]
                assert pair in (f"{data[byte]:02x}", f"{data[byte]:02x}"[1] + " ")
        last = lines.byte_at(len(text) - 1, row)
        assert last == min((row + 1) * per_row, len(data)) - 1


def test_lit_bytes_are_lit_in_hex_and_as_text() -> None:
    lines = HexLines(bytes(range(0x40, 0x60)), None, 16, frozenset())
    before = lines.key(0)
    lines.lit = range(3, 5)
    assert lines.key(0) != before
    lit = [text for text, style in lines.parts(0, 80) if style == "lit"]
    assert lit == ["43 44", "CD"]
    assert not [text for text, style in lines.parts(1, 80) if style == "lit"]


@pytest.mark.parametrize(
    ("name", "value", "by", "expected"),
    [
        ("loss", "0%", 1, "1%"),
        ("loss", "10%", -1, "5%"),
        ("loss", "7%", 1, "10%"),
        ("loss", "7%", -1, "5%"),
        ("loss", "100%", 1, "100%"),
        ("loss", "0%", -1, "0%"),
        ("loss", "", 1, "0%"),
        ("loss", "nonsense", -1, "0%"),
        ("delay", "100ms", 1, "200ms"),
        ("delay", "1", -1, "500ms"),
        ("rate", "off", -1, "100M"),
        ("rate", "100M", 1, "off"),
        ("rate", "", -1, "off"),
        ("queue", "off", 1, "off"),
        ("queue", "3", -1, "1"),
        ("mtu", "1500", -1, "1280"),
    ],
)
def test_steps_of_a_setting(name: str, value: str, by: int, expected: str) -> None:
    assert step(name, value, by) == expected
