"""Ladders of what was seen on the wire: how far frames get, where they arrive, what is said."""

from __future__ import annotations

from dataclasses import replace as with_other

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.events import Fate, Frame, Program
from socklab.model.cells import width_of
from socklab.model.ladder import Course, rows
from socklab.model.ladder_carried import ANYWHERE, NOWHERE, Carried
from socklab.model.ladder_lanes import of_programs
from socklab.model.ladder_layout import grid, legend, row_line
from socklab.model.ladder_moment import Moment
from socklab.model.ladder_order import in_order
from socklab.model.ladder_rows import Arrow, Ending, Flight
from socklab.model.ladder_shafts import wire_shaft
from socklab.model.stacks import Stack
from tests.model.frames import build
from tests.model.ladder_wires import (
    ACK,
    FIN_ACK,
    PSH_ACK,
    SYN,
    WIRED,
    WireSession,
    drawn,
    handshake,
    wired,
)
from tests.model.ladders import CONNECTION, MS, SERVER, Session, connected, crossings, ladder

HANDSHAKE = """\
 connect(3, 127.0.0.1:8080) = 0            ║
 ◇ (SYN_SENT)             │                ║
                          ├───── SYN ─────▶║
                          │◀─── SYN,ACK ───╢
                          ├───── ACK ─────▶║
                          │                ║             ◇ (SYN_RECV)
 ◆ ESTABLISHED            │                ║
"""


def test_the_segments_that_were_seen_stand_for_those_that_were_inferred() -> None:
    assert "\n".join(drawn(handshake())[5:12]) + "\n" == HANDSHAKE
    assert all("┄" not in line for line in drawn(handshake()))


def test_another_connection_keeps_its_inferred_arrows() -> None:
    session = WireSession(connected().events)
    session.passes(SYN, t=5, ends=(("127.0.0.1", 5000), SERVER))
    assert [arrow[0] for arrow in crossings(wired(session))][1:] == ["SYN", "SYN,ACK", "ACK"]
    assert crossings(wired(handshake())) == crossings(ladder(connected()))


def test_while_connect_is_blocked_nobody_knows_its_port() -> None:
    session = WireSession()
    session.listen()
    session.call("client", "socket", "AF_INET", "SOCK_STREAM", 0, sock=2, result=3)
    n = session.wait("client", "connect", t=5, sock=2, fd=3, args=(SERVER,))
    session.state(2, "CLOSE", "SYN_SENT", t=5, fd=3, program="client", cause=n)
    session.fate(session.frame(SYN, t=5.1), "dropped", why="rule")
    lines = drawn(session)
    assert lines[-1] == " " * 26 + "█── SYN ──✗ rule ║"
    assert "┄" not in "".join(lines)
    assert crossings(wired(session, of_programs(["client", "server"], ["server"], 4))) == []
    placed = with_other(
        of_programs(["client", "server"], ["server"], 4),
        stacks={"client": Stack("client"), "server": Stack("server")},
    )
    assert crossings(wired(session, placed)) == [("SYN", 0, 1)]


def test_between_two_hosts_nothing_is_inferred() -> None:
    lanes = with_other(CONNECTION, stacks={"client": Stack("client"), "server": Stack("server")})
    assert crossings(ladder(connected(), lanes)) == []
    near = with_other(CONNECTION, stacks={"client": Stack("client"), "server": Stack("client")})
    assert crossings(ladder(connected(), near)) == crossings(ladder(connected()))


def test_a_call_to_another_private_host_is_inferred_from_nothing_but_the_wire() -> None:
    session = Session()
    session.tell(
        Program(t=0, program="client", change="started", host="client", addresses=("10.0.0.1",))
    )
    session.call("client", "socket", "AF_INET", "SOCK_STREAM", 0, sock=2, result=3)
    there, own = ("10.0.0.2", 80), ("10.0.0.1", 80)
    for remote, drawn_ones in ((there, []), (own, [("SYN", 0, 1)])):
        called = list(session.events)
        n = session.wait("client", "connect", sock=2, fd=3, args=(remote,))
        session.state(2, "CLOSE", "SYN_SENT", fd=3, program="client", cause=n)
        assert crossings(ladder(session)) == drawn_ones
        session.events = called


def test_a_send_keeps_its_bytes_and_the_frame_has_the_arrow() -> None:
    session = handshake()
    session.send(5, t=30)
    session.passes(PSH_ACK, b"xxxxx", t=30.1)
    assert drawn(session)[-2:] == [
        ' send(3, "xxxxx") = 5     │ #1 0–4         ║',
        "                          ├─ PSH,ACK 5 B ─▶║",
    ]


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("loss", "✗ lost"),
        ("rule", "✗ rule"),
        ("by hand", "✗ by hand"),
        ("odd\n", "✗ odd"),
        (None, "✗"),
    ],
)
def test_a_dropped_frame_does_not_arrive(why: str | None, said: str) -> None:
    session = handshake()
    session.fate(session.frame(FIN_ACK, t=30), "dropped", why=why)
    line = drawn(session, width=120)[-1]
    assert "▶" not in line
    assert line.split("║")[0].split("─")[-1].strip().startswith(said)


def test_what_is_sent_again_says_why() -> None:
    session = handshake()
    first = session.frame(PSH_ACK, b"xxxxx", t=30)
    session.fate(first, "dropped", why="rule")
    session.passes(PSH_ACK, b"xxxxx", t=230)
    assert drawn(session)[-1] == " retransmission           ├─ PSH,ACK 5 B ─▶║"
    assert f"again because your rule dropped frame {first} " in drawn(session, width=130)[-1]
    assert wired(session)[-2].remarks == ()


def test_a_frame_that_takes_a_while_arrives_on_a_row_of_its_own() -> None:
    session = handshake()
    slow = session.frame(PSH_ACK, b"xxx", t=30)
    quick = session.frame(PSH_ACK, b"yyy", seq=1003, t=31)
    session.fate(quick, after=2)
    answer = session.frame(ACK, seq=5000, ack=1000, back=True, t=34)
    session.fate(answer, after=8)
    session.fate(slow, after=20)
    assert drawn(session)[-6:] == [
        "                          ├─ 3 B ─╲        ║",
        "                          ├─ 3 B ─╲        ║",
        "                          │       ╲─ 3 B ─▶║             after 2.0 ms",
        "                          │        ╱─ ACK ─╢         duplicate ACK #1",
        " after 8.0 ms             │◀─ ACK ─╱       ║",
        "                          │       ╲─ 3 B ─▶║     20 ms · out of order",
    ]
    assert drawn(session, long=True)[-1].endswith("seq=1 · after 20 ms")


def test_a_held_frame_waits_in_the_middle() -> None:
    session = handshake()
    kept = session.frame(FIN_ACK, t=30)
    session.fate(kept, "held", why="by hand")
    assert drawn(session)[-1] == "                          ├─ FIN,ACK ─‖    ║"
    session.fate(kept, "delivered", after=900)
    assert drawn(session)[-2:] == [
        "                          ├─ FIN,ACK ─‖    ║",
        "                          │           ‖───▶║     FIN,ACK after 900 ms",
    ]


def test_a_held_frame_may_be_dropped_in_the_end() -> None:
    session = handshake()
    kept = session.frame(FIN_ACK, t=30)
    session.fate(kept, "held")
    session.fate(kept, "dropped", after=900, why="by hand")
    last = drawn(session)[-1]
    assert "▶" not in last
    assert last.endswith("FIN,ACK ✗ by hand")


def test_one_that_was_let_go_at_once_was_never_seen_to_wait() -> None:
    session = handshake()
    kept = session.frame(FIN_ACK, t=30)
    session.fate(kept, "held")
    session.fate(kept, "delivered", after=0.5)
    assert drawn(session)[-1] == "                          ├─── FIN,ACK ───▶║"


def test_a_copy_is_a_frame_of_its_own() -> None:
    session = handshake()
    first = session.frame(ACK, t=30)
    n = session.events[-1].n
    session.fate(first, "duplicated")
    session.fate(session.frame(ACK, t=30.02, cause=n))
    assert drawn(session)[-2:] == [
        " duplicate ACK #1         ├───── ACK ─────▶║",
        " a copy, made by the wire ├───── ACK ─────▶║",
    ]


def test_a_changed_bit_shows_on_the_way() -> None:
    session = handshake()
    session.fate(session.frame(ACK, t=30), "corrupted")
    assert drawn(session)[-1] == " a bit changed            ├≈≈≈≈≈ ACK ≈≈≈≈≈▶║"


def test_the_numbers_on_demand_are_relative() -> None:
    session = handshake()
    session.passes(PSH_ACK, b"xxxxx", t=30)
    lines = drawn(session, width=120, long=True)
    assert [line.split("│")[0].split("├")[0][12:].strip() for line in lines[-1:]] == [
        "seq=1 ack=1 win=502 len=5"
    ]
    assert "seq=0 win=502 len=0" in lines[7]
    assert lines[8].endswith("seq=0 ack=1 win=502 len=0")
    assert all("seq" not in line for line in drawn(session, width=120))
    assert "seq=1 ack=1 win=502 ├" in drawn(session, long=True)[-1].replace("     ", "")


def test_without_the_beginning_nothing_is_counted_from_it() -> None:
    session = WireSession()
    session.passes(PSH_ACK, b"xxxxx", seq=77, t=1)
    moment = Moment()
    moment.exact = False
    assert wired(session, moment=moment)[0].numbers[0] == "win=502 len=5"


def test_a_wide_arrow_has_room_for_numbers() -> None:
    session = handshake()
    three = with_other(
        of_programs(["client", "idle", "server"], ["server"], 4),
        stacks={"client": Stack("client"), "server": Stack("server")},
    )
    line = next(line for line in drawn(session, three, 100) if "SYN,ACK" in line)
    assert "◀" in line
    assert "─ SYN,ACK · seq=0 ack=1 ─" in line


def test_udp_and_arp_between_programs() -> None:
    session = WireSession()
    session.call("server", "socket", "AF_INET", "SOCK_DGRAM", 0, result=3)
    session.call("server", "bind", ("0.0.0.0", 53), local=("0.0.0.0", 53))
    session.call("client", "socket", "AF_INET", "SOCK_DGRAM", 0, sock=2, result=3)
    to = (build.SERVER, 53)
    session.call("client", "sendto", "0", to, sock=2, result=2, local=("0.0.0.0", 41822))
    asked = session.raw(build.ethernet(build.arp(), 0x0806), t=3.1)
    session.fate(asked)
    data = build.ethernet(build.ipv4(build.udp(b"hi", target_port=53), 17))
    session.fate(session.raw(data, t=3.2), "dropped", why="loss")
    lanes = with_other(
        of_programs(["client", "server"], ["server"], 4),
        stacks={"client": Stack("client"), "server": Stack("server")},
    )
    lines = drawn(session, lanes)
    assert lines[-2].endswith("├───── ARP ─────▶║")
    assert lines[-1].endswith("├── 2 B ──✗ lost ║")
    assert not any("┄" in line for line in lines)


def test_equal_ports_on_two_hosts() -> None:
    session = WireSession()
    for program, sock in (("a", 1), ("b", 2)):
        session.call(program, "socket", "AF_INET", "SOCK_STREAM", 0, sock=sock, result=3)
        session.call(program, "bind", ("0.0.0.0", 80), sock=sock, local=("0.0.0.0", 80))
        session.call(program, "listen", 5, sock=sock)
    lanes = with_other(
        of_programs(["client", "a", "b"], ["a", "b"], 4),
        stacks={"client": Stack("client"), "a": Stack("a"), "b": Stack("server")},
    )
    session.passes(SYN, t=20, ends=((build.CLIENT, 4000), (build.SERVER, 80)))
    assert crossings(wired(session, lanes)) == [("SYN", 0, 2)]


def test_what_has_no_lane_to_go_to_is_told() -> None:
    session = WireSession()
    session.call("client", "socket", "AF_INET", "SOCK_STREAM", 0, sock=2, result=3)
    session.fate(session.frame(SYN, t=5), "dropped", why="unplugged")
    (line,) = drawn(session, of_programs(["client"], [], 4))[1:]
    assert line.endswith("SYN: 127.0.0.1:41822 → 127.0.0.1:8080 ✗ unplugged")


def test_a_late_fate_of_an_unknown_frame_has_no_row() -> None:
    fate = Fate(n=0, t=5, id=9, verdict="delivered", delay=5 * MS)
    assert list(rows(in_order([fate]), Moment(), WIRED)) == []


def test_the_legend_names_the_wire() -> None:
    def said(room: int, wire: bool) -> str:
        return "".join(text for text, _style in legend(room, wire))

    assert said(60, wire=True).startswith("── seen on the wire  ◆ state seen")
    assert said(140, wire=True).startswith("── seen on the wire  ┄ inferred from the calls")
    assert "wire" not in said(140, wire=False)
    assert all(width_of(said(room, True)) <= room for room in (61, 71, 107, 109, 119, 140))


def frame(data: bytes) -> Frame:
    return Frame(t=0, id=1, sender="client", receiver="server", size=len(data), data=data)


def test_frames_of_a_connection() -> None:
    ours = Carried("tcp", (build.CLIENT, 41822), (build.SERVER, 48080))
    there = build.ethernet(build.ipv4(build.tcp(b"x")))
    back = build.ethernet(
        build.ipv4(
            build.tcp(source_port=48080, target_port=41822),
            source=build.SERVER,
            target=build.CLIENT,
        )
    )
    other = build.ethernet(build.ipv4(build.tcp(source_port=5)))
    with_options = build.ethernet(build.ipv4(build.tcp(b"x"), options=bytes(4)))
    datagram = build.ethernet(build.ipv4(build.udp(bytes(30)), 17))
    cut = there[:40]
    shown = [ours.has(frame(data)) for data in (there, back, other, with_options, datagram, cut)]
    assert shown == [True, True, False, True, False, False]
    assert [ours.has(frame(data)) for data in (there, other)] == [True, False]  # known by now


def test_frames_of_a_connection_over_ipv6() -> None:
    ours = Carried("tcp", (build.CLIENT6, 41822), (build.SERVER6, 48080))
    ends = (build.CLIENT6, build.SERVER6)
    one = build.ethernet(build.ipv6(build.tcp(b"x", ends=ends)))
    other = build.ethernet(build.ipv6(build.tcp(b"x", source_port=9, ends=ends)))
    assert [ours.has(frame(one)), ours.has(frame(other)), ours.has(frame(one))] == [
        True,
        False,
        True,
    ]


def test_an_end_that_is_not_known_yet() -> None:
    data = build.ethernet(build.ipv4(build.tcp()))
    server = (build.SERVER, 48080)
    assert Carried("tcp", ANYWHERE, server).has(frame(data))
    assert not Carried("tcp", ANYWHERE, server, frozenset({(build.CLIENT, 41822)})).has(frame(data))
    assert not Carried("tcp", NOWHERE, NOWHERE).has(frame(data))
    assert Carried("tcp", ("0.0.0.0", 41822), ANYWHERE).has(frame(data))


_flights = st.builds(
    Flight,
    st.sampled_from(Ending),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.text(max_size=9),
)
_labels = st.lists(st.text("aß界·", min_size=1, max_size=20), min_size=1, max_size=3).map(tuple)


@given(_flights, _labels, st.integers(0, 60), st.booleans())
def test_a_shaft_stays_between_its_lifelines(
    flight: Flight, labels: tuple[str, ...], cells: int, rightwards: bool
) -> None:
    arrow = Arrow(0, 1, labels, flight=flight._replace(why=flight.why.replace("\n", "")))
    shaft = wire_shaft(arrow, cells, rightwards, "accent", width_of)
    end = 0
    for at, text, _style in shaft.pieces:
        assert at >= end
        end = at + width_of(text)
    assert end <= cells


@given(st.binary(max_size=80), st.integers(30, 200), st.booleans())
def test_any_frame_has_a_row(data: bytes, width: int, long: bool) -> None:
    event = Frame(n=0, t=0, id=1, sender="client", receiver="x", size=len(data), data=data)
    late = Fate(n=1, t=5 * MS, id=1, verdict="dropped", delay=5 * MS)
    course = Course(event, (late,))
    placed = in_order([event, late])
    for lanes in (WIRED, CONNECTION, of_programs(["client"], [], 4)):
        found = list(rows(placed, Moment(), lanes, {0: course, 1: course}))
        assert len(found) == 2
        where = grid(lanes, width, width_of, long=long)
        assert all(row_line(row, where) for row in found)
