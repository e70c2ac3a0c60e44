"""The rows of a ladder: their order, what crossed, who was blocked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from socklab.events import AnyEvent, Call, State
from socklab.model.ladder import SHOWN, Row, rows
from socklab.model.ladder_lanes import Head, of_connection, of_programs, servers
from socklab.model.ladder_moment import MOST, Moment
from socklab.model.ladder_order import in_order
from tests.journal.samples import any_event
from tests.model.ladders import (
    CONNECTION,
    MS,
    PROGRAMS,
    SERVER,
    Session,
    connected,
    crossings,
    ladder,
)


def named(row: Row) -> str:
    """The state or the call that a row is about."""
    event = row.event
    return event.new if isinstance(event, State) else getattr(event, "name", "")


# What crossed


def test_the_handshake_is_drawn_in_its_order_however_late_it_was_seen() -> None:
    drawn = ladder(connected())
    assert crossings(drawn) == [("SYN", 0, 1), ("SYN,ACK", 1, 0), ("ACK", 0, 1)]
    assert [named(row) for row in drawn[4:]] == [
        "socket",
        "connect",
        "SYN_SENT",
        "SYN_RECV",
        "ESTABLISHED",
        "ESTABLISHED",
        "accept",
    ]
    seen_late = drawn[7]
    assert seen_late.t is None  # it was earlier than anybody saw it


def test_in_a_ladder_of_programs_it_is_the_same() -> None:
    drawn = ladder(connected(), PROGRAMS)
    assert crossings(drawn) == [("SYN", 0, 1), ("SYN,ACK", 1, 0), ("ACK", 0, 1)]
    assert [row.subject for row in drawn if isinstance(row.event, State)] == [
        "3",
        "3",
        ":41822",
        "3",
        ":41822",
    ]


def test_a_connection_of_which_only_accept_tells_the_ends() -> None:
    session = Session()
    session.listen()
    session.connect()
    session.events = [
        event for event in session.events if not (isinstance(event, State) and event.sock == 3)
    ]
    session.accept()
    session.state(3, "LISTEN", "SYN_RECV", "call", t=6)
    session.state(3, "SYN_RECV", "ESTABLISHED", "call", t=6)
    drawn = ladder(session, PROGRAMS)
    assert crossings(drawn) == [("SYN", 0, 1), ("SYN,ACK", 1, 0), ("ACK", 0, 1)]
    assert {row.lane for row in drawn if getattr(row.event, "sock", 0) in (1, 3)} == {1}


def test_both_sides_close() -> None:
    session = connected()
    n = session.call("client", "close", sock=2, t=30)
    session.recv(0, t=31)
    session.state(3, "ESTABLISHED", "CLOSE_WAIT", t=40, fd=4, program="server")
    session.state(2, "ESTABLISHED", "FIN_WAIT1", "call", t=30, program="client", cause=n)
    session.state(2, "FIN_WAIT1", "FIN_WAIT2", t=41, program="client")
    n = session.call("server", "close", sock=3, fd=4, t=50)
    session.state(3, "CLOSE_WAIT", "LAST_ACK", "call", t=50, program="server", cause=n)
    session.state(3, "LAST_ACK", "CLOSE", t=58, program="server")
    session.state(2, "FIN_WAIT2", "TIME_WAIT", t=60, program="client")
    drawn = ladder(session)
    assert crossings(drawn)[3:] == [("FIN", 0, 1), ("ACK", 1, 0), ("FIN", 1, 0), ("ACK", 0, 1)]
    states = [row.event.new for row in drawn if isinstance(row.event, State)][4:]
    assert states[1:] == [
        "FIN_WAIT1",
        "CLOSE_WAIT",
        "FIN_WAIT2",
        "LAST_ACK",
        "TIME_WAIT",
        "CLOSE",
    ]
    names = [named(row) for row in drawn]
    assert names.index("CLOSE_WAIT") < names.index("recv")  # its 0 proves it


def test_data_for_a_closed_socket_is_answered_by_a_reset() -> None:
    session = connected()
    n = session.call("server", "close", sock=3, fd=4, t=30)
    session.state(3, "ESTABLISHED", "FIN_WAIT1", "call", t=30, program="server", cause=n)
    session.state(2, "ESTABLISHED", "CLOSE_WAIT", t=31, fd=3, program="client")
    session.state(3, "FIN_WAIT1", "FIN_WAIT2", t=32, program="server")
    session.send(5, t=40)
    session.state(2, "CLOSE_WAIT", "CLOSE", t=41, fd=3, program="client")
    session.state(3, "FIN_WAIT2", "CLOSE", t=60, program="server")  # looked at last
    assert crossings(ladder(session))[3:] == [
        ("FIN", 1, 0),
        ("ACK", 0, 1),
        ("#1", 0, 1),
        ("RST", 1, 0),
    ]


def test_a_refused_connection() -> None:
    session = Session()
    session.call("client", "socket", "AF_INET", "SOCK_STREAM", 0, sock=2, result=3)
    n = session.call("client", "connect", SERVER, sock=2, error="ECONNREFUSED")
    session.state(2, "CLOSE", "SYN_SENT", "call", t=n, fd=3, program="client", cause=n)
    session.state(2, "SYN_SENT", "CLOSE", t=n + 0.1, fd=3, program="client")
    assert crossings(ladder(session)) == [("SYN", 0, 1), ("RST", 1, 0)]
    # Where there is no lane for whoever refused it, it is said.
    alone = ladder(session, of_programs(["client"], [], 4))
    assert [row.notes for row in alone[2:]] == [("sends SYN",), ("gets RST",)]


def test_what_may_have_been_a_reset_or_a_time_that_ran_out_is_not_drawn() -> None:
    session = connected()
    session.state(2, "ESTABLISHED", "CLOSE", t=40, fd=3, program="client")
    assert len(crossings(ladder(session))) == 3


# Streams


def test_sends_and_receives_are_matched_byte_by_byte() -> None:
    session = connected()
    for size in (3, 3, 3):
        session.send(size, t=30)
    session.recv(7, t=31)
    session.recv(2, t=32)
    session.send(4, sock=3, t=33)
    session.recv(4, sock=2, t=34)
    drawn = ladder(session)
    arrows = [row.arrow.labels for row in drawn if row.arrow is not None][3:]
    assert arrows[0] == ("#1 · 3 B · 0–2", "#1 0–2", "#1")
    assert [labels[1] for labels in arrows] == ["#1 0–2", "#2 3–5", "#3 6–8", "#1 0–3"]
    assert [row.notes[0] for row in drawn if row.notes] == [
        "0–6 of #1–#3",
        "7–8 of #3",
        "0–3 = #1",
    ]


def test_a_peek_takes_nothing_and_a_failed_or_cut_call_moves_nothing() -> None:
    session = connected()
    session.send(5, t=30)
    session.call(
        "server", "recv", 9, "MSG_PEEK", sock=3, fd=4, t=31, result=5, size=5, data=b"xxxxx"
    )
    session.recv(0, t=32, result=None, error="EAGAIN")
    session.recv(0, t=33, cut=True)
    session.recv(5, t=34)
    notes = [row.notes for row in ladder(session) if row.notes]
    assert notes == [("0–4 = #1", "#1"), ("0–4 = #1", "#1")]


def test_bytes_from_outside_the_lab_are_counted_too() -> None:
    session = Session()
    session.listen()
    session.accept()
    session.recv(5, t=30)
    session.recv(5, t=31)
    lanes = of_connection(Head("?", "left"), Head("server 4", "right"), (), {1, 3})
    assert [row.notes[0] for row in ladder(session, lanes) if row.notes] == [
        "0–4 of #1",
        "5–9 of #1",
    ]


def test_a_receive_is_drawn_after_the_send_that_it_follows_from() -> None:
    session = connected()
    session.wait("server", "recv", t=21, sock=3, fd=4)
    session.recv(5, t=21, duration=29 * MS)  # returned at 50, recorded before the send's return
    session.send(5, t=49.9, duration=MS)
    names = [type(row.event).__name__ + str(row.lane) for row in ladder(session)[-3:]]
    assert names == ["Wait1", "Call0", "Call1"]


# Blocked calls


def test_a_blocked_call_is_a_bar_until_it_returns() -> None:
    session = connected()
    session.wait("server", "recv", t=21, sock=3, fd=4)
    session.send(1, t=30)
    session.recv(1, t=21, duration=100 * MS)
    session.send(1, t=130)
    bars = [row.bars for row in ladder(session)[-4:]]
    assert bars == [frozenset({1}), frozenset({1}), frozenset(), frozenset()]
    assert [row.waited for row in ladder(session)[-4:]] == [False, False, True, False]


def test_who_was_blocked_before_is_known_from_the_moment() -> None:
    session = connected()
    session.wait("server", "recv", t=21, sock=3, fd=4)
    moment = Moment()
    ladder(session, CONNECTION, moment)
    later = Session()
    later.send(1, t=40)
    assert ladder(later, CONNECTION, moment.copy())[0].bars == {1}
    guessed = Moment.like(moment.table, n=1000)
    drawn = ladder(later, PROGRAMS, guessed)[0]
    assert drawn.bars == {1}
    assert drawn.arrow is not None
    assert drawn.arrow.labels == ("1 B",)  # how far the stream has got nobody knows there
    assert ladder(later, CONNECTION, Moment.like(moment.table, n=3))[0].bars == frozenset()


# Datagrams


def udp(program: str, sock: int, session: Session, port: int | None = None) -> None:
    session.call(program, "socket", "AF_INET", "SOCK_DGRAM", 0, sock=sock, result=3)
    if port is not None:
        address = ("127.0.0.1", port)
        session.call(program, "bind", address, sock=sock, local=address)


def sendto(session: Session, program: str, sock: int, to: tuple[str, int], port: int) -> None:
    session.call(
        program,
        "sendto",
        "0",
        to,
        sock=sock,
        result=4,
        size=4,
        data=b"ping",
        local=("127.0.0.1", port),
    )


def test_one_server_and_many_clients() -> None:
    session = Session()
    udp("server", 1, session, 5000)
    for number in (2, 3):
        udp(f"client-{number}", number, session)
        sendto(session, f"client-{number}", number, ("127.0.0.1", 5000), 6000 + number)
    session.call("server", "recvfrom", 99, "0", result=4, size=4, peer=("127.0.0.1", 6002))
    sendto(session, "server", 1, ("127.0.0.1", 6003), 5000)
    lanes = of_programs(["server", "client-2", "client-3"], ["server"], most=4)
    drawn = ladder(session, lanes)
    assert crossings(drawn) == [("4 B", 0, 2), ("4 B", 1, 2), ("4 B", 2, 1)]
    assert all(row.arrow.datagram for row in drawn if row.arrow is not None)
    assert [row.notes for row in drawn if row.notes] == []


def test_a_datagram_for_nobody_arrives_nowhere() -> None:
    session = Session()
    udp("client", 2, session)
    sendto(session, "client", 2, ("127.0.0.1", 9), 6000)
    row = ladder(session, PROGRAMS)[-1]
    assert row.arrow is None
    assert row.notes == ("4 B",)


def test_a_connected_udp_socket_takes_from_its_peer_alone() -> None:
    session = Session()
    udp("server", 1, session, 5000)
    udp("friend", 2, session, 6000)
    session.call("server", "connect", ("127.0.0.1", 6000), remote=("127.0.0.1", 6000))
    udp("stranger", 3, session)
    sendto(session, "friend", 2, ("127.0.0.1", 5000), 6000)
    sendto(session, "stranger", 3, ("127.0.0.1", 5000), 7000)
    lanes = of_programs(["friend", "stranger", "server"], ["server"], most=4)
    assert crossings(ladder(session, lanes)) == [("4 B", 0, 2)]


# Lanes


def test_one_program_at_both_ends() -> None:
    session = connected()
    session.events = [replace(event, program="main") for event in session.events]
    session.call("main", "send", "0", sock=2, result=1, size=1, data=b"x", t=30)
    assert crossings(ladder(session))[3:] == [("#1", 0, 1)]
    alone = ladder(session, of_programs(["main"], ["main"], 4))
    assert crossings(alone) == []
    assert alone[-1].notes[0] == "#1 · 1 B · 0"


def test_more_programs_than_lanes_share_one() -> None:
    names = ["server", *(f"client-{n}" for n in range(30))]
    lanes = of_programs(names, ["server"], most=4, first=["client-7"])
    assert [head.name for head in lanes.heads] == ["client-0", "client-7", "28 others", "server"]
    assert [head.side for head in lanes.heads] == ["left", "left", "rest", "right"]
    assert lanes.rest == 2
    assert lanes.of_program("client-20") == lanes.of_program(None) == 2


def test_in_a_shared_lane_each_row_says_whose_it_is() -> None:
    drawn = ladder(connected(), of_programs(["server", "a", "b", "client"], ["server"], most=2))
    said = [row.who for row in drawn if isinstance(row.event, Call)]
    assert said == ["", "", "", "client", "client", ""]
    assert crossings(drawn) == [("SYN", 0, 1), ("SYN,ACK", 1, 0), ("ACK", 0, 1)]


def test_servers_are_those_that_wait_for_others() -> None:
    calls = [
        ("tcp", "listen"),
        ("udp", "bind"),
        ("udp", "recvfrom"),
        ("careful", "bind"),
        ("careful", "connect"),
        ("client", "connect"),
        (None, "bind"),
        ("idle", None),
    ]
    assert servers(calls) == {"tcp", "udp"}


# Anything


@given(st.lists(any_event, max_size=80), st.integers(0, 40))
def test_every_event_has_its_row(some: list[AnyEvent], cut: int) -> None:
    session = Session()
    events = [event for event in some if type(event) in SHOWN]
    for event in events:
        session.tell(event)
    whole, parts = Moment(), Moment()
    lanes = of_programs([event.program or "" for event in events], [], 3)
    drawn = list(rows(in_order(session.events, whole.peer), whole, lanes))
    assert sorted(row.event.n for row in drawn) == list(range(len(events)))
    assert all(0 <= row.lane < max(1, len(lanes.heads)) for row in drawn)
    for portion in (session.events[:cut], session.events[cut:]):
        seen = list(rows(in_order(portion, parts.peer), parts.copy(), lanes))
        assert len(seen) == len(portion)
        for event in portion:
            parts.apply(event)


def test_a_copy_goes_on_by_itself() -> None:
    session = connected()
    session.send(5, t=30)
    moment = Moment()
    ladder(session, CONNECTION, moment)
    kept = moment.copy()
    later = Session()
    later.recv(5, t=40)
    assert ladder(later, CONNECTION, moment)[0].notes[0] == "0–4 = #1"
    assert ladder(later, CONNECTION, moment)[0].notes[0] == "5–9 of #2"
    assert ladder(later, CONNECTION, kept)[0].notes[0] == "0–4 = #1"


def test_a_thousand_connections_after_the_other_are_forgotten() -> None:
    moment = Moment()
    for number in range(3 * MOST):
        sock = number + 1
        client = ("127.0.0.1", 1024 + number % 60_000)
        for event in (
            Call(t=0, program="a", name="socket", sock=sock, fd=3, result=3),
            Call(t=0, program="a", name="connect", sock=sock, fd=3, local=client, remote=SERVER),
            Call(t=0, program="a", name="send", sock=sock, fd=3, args=("0",), result=5),
            Call(t=0, program="a", name="close", sock=sock, fd=3, result=0),
            State(t=0, sock=sock, old="ESTABLISHED", new="CLOSE", source="kernel"),
        ):
            moment.apply(event)
    assert moment.program(1) is None
    assert moment.program(3 * MOST) == "a"
    assert len(moment._streams) <= 2 * MOST


def test_a_connect_that_has_not_returned_goes_to_whoever_listens() -> None:
    session = Session()
    session.listen()
    session.wait("client", "connect", sock=2, fd=3, args=(SERVER,))
    session.state(2, "CLOSE", "SYN_SENT", fd=3, program="client")
    assert crossings(ladder(session, PROGRAMS)) == [("SYN", 0, 1)]
    del session.events[:4]
    assert crossings(ladder(session, PROGRAMS)) == []  # nobody does
