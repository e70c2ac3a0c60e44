"""Filters of frames: what they let through, and what is said of one that makes no sense."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.events import Frame
from socklab.model.frame_filter import All, Value
from socklab.model.frame_filter_facts import FrameFacts
from socklab.model.frame_filter_names import FIELDS, PROTOCOLS, Form
from socklab.model.frame_filter_reader import MOST, FilterError, read_filter
from socklab.model.frames import decode
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
from tests.model.frames.samples import LYING, SOUND

SECOND = 1_000_000_000
ENDS6 = (CLIENT6, SERVER6)


def answer(flags: int) -> bytes:
    """A segment from the server's port 80."""
    segment = tcp(b"", flags, source_port=80, target_port=41822)
    return ethernet(ipv4(segment, source=SERVER, target=CLIENT))


MADE = {
    "arp": ethernet(arp(), 0x0806),
    "syn": ethernet(ipv4(tcp(b"", 0x02, target_port=80))),
    "syn-ack": answer(0x12),
    "data": ethernet(ipv4(tcp(b"GET / HTTP/1.0\r\n", 0x18, target_port=80))),
    "fin": ethernet(ipv4(tcp(b"", 0x11, target_port=80))),
    "rst": answer(0x04),
    "dns": ethernet(ipv4(udp(b"query", target_port=53), 17)),
    "ping": ethernet(ipv4(icmp(8, 0, b"\0\1\0\2abcd"), 1)),
    "six": ethernet(ipv6(tcp(b"hi", 0x18, target_port=8080, ends=ENDS6))),
}
TCP = {"syn", "syn-ack", "data", "fin", "rst", "six"}
FROM_SERVER = {"syn-ack", "rst"}
PORT_80 = TCP - {"six"}


def frame(data: bytes, id: int = 1, back: bool = False) -> Frame:
    sender, receiver = ("server", "client") if back else ("client", "server")
    t = (id + 1) * SECOND
    return Frame(n=id, t=t, id=id, sender=sender, receiver=receiver, size=len(data), data=data)


FRAMES = {
    name: FrameFacts(frame(data, id, name in FROM_SERVER), SECOND)
    for id, (name, data) in enumerate(MADE.items())
}


def let_through(text: str) -> set[str]:
    test = read_filter(text)
    return {name for name, facts in FRAMES.items() if test.holds(facts)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", set(MADE)),
        # as Wireshark has them
        ("tcp", TCP),
        ("tcp.flags.syn == 1", {"syn", "syn-ack"}),
        ("tcp.flags.syn", TCP),
        ("tcp.flags.syn==1&&tcp.flags.ack==0", {"syn"}),
        ("tcp.flags.syn == true and not tcp.flags.ack == true", {"syn"}),
        ("tcp.flags == 0x012", {"syn-ack"}),
        ("tcp.flags & 0x02", {"syn", "syn-ack"}),
        ("tcp.flags & 0x12 == 0x02", {"syn"}),
        ("udp.port == 53", {"dns"}),
        ("udp.srcport == 53", set()),
        ("tcp.port == 80", PORT_80),
        ("tcp.dstport == http", {"syn", "data", "fin"}),
        ("tcp.port != 80", {"six"}),
        ("not tcp.port == 80", set(MADE) - PORT_80),
        ("!(tcp.port == 80)", set(MADE) - PORT_80),
        ("not not tcp", TCP),
        ("ip.addr == 10.0.0.1", set(MADE) - {"arp", "six"}),
        ("ip.src == 10.0.0.2", FROM_SERVER),
        ("ip.addr != 10.0.0.1", set()),
        ("ip.addr == 10.0.0.0/30", set(MADE) - {"arp", "six"}),
        ("ip.addr == 192.168.0.0/16", set()),
        ("ipv6.addr == fd00:0:0::1", {"six"}),
        ("ipv6.dst == fd00::/64", {"six"}),
        ("eth.src == 02-00-00-00-00-01", set(MADE)),
        ("arp", {"arp"}),
        ("arp.src.proto_ipv4 == 10.0.0.1", {"arp"}),
        ("icmp", {"ping"}),
        ("icmp.type == 8 or arp.opcode == 1", {"ping", "arp"}),
        ("not arp and tcp.port == 80", PORT_80),
        ("arp or icmp and tcp", {"arp"}),
        ("(arp or icmp) and not tcp", {"arp", "ping"}),
        ("frame.number >= 7", {"ping", "six"}),
        ("frame.number in {1, 3..4 8}", {"syn", "data", "fin", "six"}),
        ("frame.len > 60", {"data", "six"}),
        ("frame.time_relative < 1.5", {"arp", "syn"}),
        ("tcp.len > 0", {"data", "six"}),
        ("tcp.len gt 0 && tcp.len le 2", {"six"}),
        ('tcp.payload contains "HTTP"', {"data"}),
        ('tcp.payload contains "\\r\\n"', {"data"}),
        ("tcp.payload contains 47:45:54", {"data"}),
        ("frame contains 68:69", {"six"}),
        ("data", {"data", "dns", "ping", "six"}),
        ("ip.ttl eq 64", set(MADE) - {"arp", "six"}),
        ("TCP.Port EQ 80 AND NOT TCP.LEN > 0", PORT_80 - {"data"}),
        # as tcpdump has them
        ("tcp port 80", PORT_80),
        ("port 80", PORT_80),
        ("port domain", {"dns"}),
        ("tcp src port 80", FROM_SERVER),
        ("dst port 53", {"dns"}),
        ("udp port 80", set()),
        ("portrange 50-90", PORT_80 | {"dns"}),
        ("tcp portrange 81-9000", {"six"}),
        ("host 10.0.0.1", set(MADE) - {"six"}),
        ("host fd00::1", {"six"}),
        ("src host 10.0.0.2", FROM_SERVER),
        ("dst 10.0.0.1", FROM_SERVER),
        ("ip host 10.0.0.2", set(MADE) - {"arp", "six"}),
        ("arp host 10.0.0.2", {"arp"}),
        ("src server", FROM_SERVER),
        ("host client", set(MADE)),
        ("host nobody", set()),
        ("ether host 02:00:00:00:00:02", set(MADE)),
        ("ip6", {"six"}),
        ("ip", set(MADE) - {"arp", "six"}),
        ("greater 61 and tcp", {"data", "six"}),
        ("less 42", {"arp"}),
        ("tcp[tcpflags] & tcp-syn != 0", {"syn", "syn-ack"}),
        ("tcp[tcpflags] == tcp-syn", {"syn"}),
        ("tcp[13] & (tcp-syn|tcp-ack) = tcp-syn", {"syn"}),
        ("tcp port 80 and (src server or tcp.len > 0)", FROM_SERVER | {"data"}),
        # as the rules for the wire have them
        ("syn", {"syn"}),
        ("syn-ack or fin or rst", {"syn-ack", "fin", "rst"}),
    ],
)
def test_what_is_let_through(text: str, expected: set[str]) -> None:
    assert let_through(text) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("tcp.flag.syn == 1", "column 1: .* not 'tcp.flag.syn' (did you mean 'tcp.flags.syn'?)"),
        ("udp.prot == 53", "(did you mean 'udp.port'?)"),
        ("tcpp", "(did you mean 'tcp'?)"),
        ("80", "column 1: expected a filter, such as tcp.port == 80 or host 10.0.0.1, not '80'"),
        ("tcp.port ==", "column 12: expected a number, but the line ends here"),
        ("tcp.port == x", "column 13: expected a number, not 'x'"),
        ("tcp.port == ==", "column 13: expected a number, not '=='"),
        ("ip.addr == fd00::1", "column 12: expected an IPv4 address, not 'fd00::1'"),
        ("ip.addr == 10.0.0.300", "expected an IPv4 address"),
        ("ipv6.addr == 10.0.0.1", "expected an IPv6 address"),
        ("ip.addr > 10.0.0.1", "column 9: expected == or !=, not '>'"),
        ("eth.src == 02:00", "expected a hardware address"),
        ("tcp.payload contains GET", "expected a text in quotes"),
        ("tcp.port contains 8", "expected ==, !=, < or >, not 'contains'"),
        ("tcp.analysis.retransmission == 1", "column 29: expected and, or, or the end"),
        ("tcp and", "column 8: expected a filter, .* but the line ends here"),
        ("tcp udp", "column 5: expected and, or, or the end of the filter, not 'udp'"),
        ("tcp adn udp", "(did you mean 'and'?)"),
        ("(tcp", "column 5: expected and, or, or a closing )"),
        ("tcp)", "column 4: expected and, or, or the end of the filter, not ')'"),
        ('tcp.payload contains "GET', 'expected a closing "'),
        ("tcp.port in 80", "expected {, not '80'"),
        ("tcp.port in {80", "expected a number, but the line ends here"),
        ("portrange 80", "column 11: expected two ports"),
        ("host", "expected an address or a host's name"),
        ("src port", "expected a number"),
        ("tcp[tcpflags] & (tcp-syn", "expected a closing )"),
        ("frame.time_relative > soon", "expected a number of seconds"),
        ("(" * 200 + "tcp" + ")" * 200, "expected fewer parentheses"),
        ("tcp or " * 200 + "tcp", f"column {MOST + 1}: expected at most {MOST} characters"),
        ("tcp \x1b[31m", r"not '\x1b[31m'"),
    ],
)
def test_what_is_said_of_a_mistake(text: str, problem: str) -> None:
    with pytest.raises(FilterError) as caught:
        read_filter(text)
    said = str(caught.value)
    assert said.isprintable()
    for part in problem.split(" .* "):
        assert part in said


PIECES = [
    *("(", ")", "{", "}", "!", "&", "|", ",", "<", "=", "==", "not", "and", "or", "in", "contains"),
    *("tcp", "tcp.port", "tcp.flags", "frame", "host", "src", "portrange"),
    *("80", "1-2", "10.0.0.1", '"x"'),
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=12).map(" ".join))
def test_any_text_is_a_filter_or_a_mistake_with_its_place(text: str) -> None:
    test = mistake = None
    try:
        test = read_filter(text)
    except FilterError as error:
        mistake = error
    if mistake is not None:
        assert 1 <= mistake.column <= len(text) + 1
        assert mistake.problem.isprintable()
    else:
        assert test is not None
        assert all(test.holds(facts) in (True, False) for facts in FRAMES.values())


single = st.sampled_from(
    ["tcp", "arp", "tcp.port == 80", "ip.addr != 10.0.0.2", "udp or icmp", "src server", "syn"]
)
filters = st.recursive(
    single,
    lambda inner: (
        st.builds("not ({})".format, inner)
        | st.builds("({}) {} ({})".format, inner, st.sampled_from(["and", "or", "&&", "||"]), inner)
    ),
    max_leaves=6,
)


@given(filters, filters)
def test_and_or_and_not_mean_what_they_say(one: str, other: str) -> None:
    first, second = let_through(one), let_through(other)
    assert let_through(f"not ({one})") == set(MADE) - first
    assert let_through(f"({one}) and ({other})") == first & second
    assert let_through(f"({one}) or ({other})") == first | second
    assert let_through(f"{one}") == let_through(f"  (({one}))  ")


FORMS: dict[Form, type | tuple[type, ...]] = {
    Form.NUMBER: int,
    Form.IPV4: str,
    Form.IPV6: str,
    Form.MAC: str,
    Form.BYTES: bytes,
}
SAMPLES = {**MADE, **SOUND, **LYING}


@pytest.mark.parametrize("data", SAMPLES.values(), ids=SAMPLES.keys())
def test_every_field_of_the_decoder_can_be_asked_for(data: bytes) -> None:
    facts = FrameFacts(frame(data))
    for layer in decode(data).chain():
        for field in layer.fields:
            if field.name:
                assert isinstance(field.value, FORMS[FIELDS[field.name]]), field.name
                assert field.value in facts.values(field.name)


@pytest.mark.parametrize("data", SAMPLES.values(), ids=SAMPLES.keys())
def test_a_glance_tells_the_same_as_the_decoder(data: bytes) -> None:
    layers = decode(data)
    facts = FrameFacts(frame(data))
    for name in FIELDS:
        if name.startswith(("frame", "wire.")) or name == "data":
            continue
        expected: list[Value] = [field.value for field in layers.find(name)]
        if name in PROTOCOLS:
            expected = [1 for layer in layers.chain() if layer.name == PROTOCOLS[name]]
        if name == "tcp.len" and layers.find("tcp.seq_raw") and not expected:
            continue  # the header's length makes no sense, so there is none to speak of
        assert list(facts.values(name)) == expected, name


def test_what_the_analysis_says_can_be_asked_for() -> None:
    said = {"tcp.analysis.retransmission": (1,), "tcp.seq": (0,), "tcp.stream": (3,)}
    facts = FrameFacts(frame(MADE["syn"]), analysed=lambda name: said.get(name, ()))
    assert read_filter("tcp.analysis.retransmission and tcp.stream == 3").holds(facts)
    assert not read_filter("tcp.analysis.duplicate_ack").holds(facts)
    assert not read_filter("tcp.analysis.retransmission").holds(FRAMES["syn"])


def test_nothing_is_everything() -> None:
    assert read_filter("  ") == All(())
