"""What is recorded of a socket's life is what happened: never more, and never out of order."""

from __future__ import annotations

from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from socklab.events import Arg, Call, Wait
from socklab.model.tcp_life import Span, Step, TcpLife, tells
from socklab.model.tcp_machine import MOVES, Move, moves

ESTABLISHED = [("SYN_SENT", "call"), ("ESTABLISHED", "kernel")]


def call(name: str, *args: Arg, t: int = 100, **fields: Any) -> Call:
    """A call that returned 0 after 10 ns, unless `fields` say otherwise."""
    result = None if "error" in fields else 0
    return Call(t=t, name=name, args=args, **{"result": result, "duration": 10, **fields})


def short(steps: list[Step]) -> list[tuple[str, str]]:
    return [(step.new, step.source) for step in steps]


@pytest.fixture
def connected() -> TcpLife:
    """One that called connect(2) at 100 ns and was seen ESTABLISHED at 200."""
    life = TcpLife()
    life.returned(1, call("connect"))
    assert short(life.saw("ESTABLISHED", 200)) == ESTABLISHED
    return life


# Opening.


def test_a_connect_that_succeeded_was_in_syn_sent_when_it_began() -> None:
    life = TcpLife()
    life.returned(7, call("connect"))
    assert life.saw("ESTABLISHED", 200) == [
        Step("CLOSE", "SYN_SENT", "call", 100, 7),
        Step("SYN_SENT", "ESTABLISHED", "kernel", 110),
    ]


def test_a_connect_that_blocks_is_seen_in_syn_sent() -> None:
    life = TcpLife()
    life.entered(7, Wait(t=100, name="connect"))
    assert life.saw("SYN_SENT", 300) == [Step("CLOSE", "SYN_SENT", "kernel", 100, 7)]
    life.returned(9, call("connect", error="ETIMEDOUT", duration=900))
    assert life.saw("CLOSE", 1100) == [Step("SYN_SENT", "CLOSE", "kernel", 1000)]


@pytest.mark.parametrize("error", ["ECONNREFUSED", "ETIMEDOUT", "ECONNRESET"])
def test_a_connect_that_was_answered_so_had_sent_a_syn(error: str) -> None:
    life = TcpLife()
    life.returned(7, call("connect", error=error))
    assert short(life.saw("CLOSE", 200)) == [("SYN_SENT", "call"), ("CLOSE", "kernel")]


@pytest.mark.parametrize("error", ["ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL", "EISCONN"])
def test_a_connect_that_may_have_failed_before_says_nothing(error: str) -> None:
    life = TcpLife()
    life.returned(7, call("connect", error=error))
    assert life.saw("CLOSE", 200) == []


def test_an_attempt_whose_end_the_wire_showed_before_connect_returned() -> None:
    life = TcpLife()
    assert short(life.crossed("CLOSE", "SYN_SENT", 102, 3)) == [("SYN_SENT", "wire")]
    assert short(life.crossed("SYN_SENT", "CLOSE", 105, 4)) == [("CLOSE", "wire")]
    life.returned(5, call("connect", error="ECONNREFUSED"))
    assert life.saw("CLOSE", 120) == []
    life.returned(6, call("connect", t=130, error="ECONNREFUSED"))
    assert short(life.saw("CLOSE", 150)) == [("SYN_SENT", "call"), ("CLOSE", "kernel")]


def test_the_outcome_of_an_attempt_is_no_second_attempt() -> None:
    life = TcpLife()
    life.returned(7, call("connect", error="EINPROGRESS"))
    assert short(life.saw("CLOSE", 200)) == [("SYN_SENT", "call"), ("CLOSE", "kernel")]
    life.returned(8, call("connect", error="ECONNREFUSED", t=300))
    assert life.saw("CLOSE", 400) == []
    life.returned(9, call("connect", error="ECONNREFUSED", t=500))  # this one is
    assert short(life.saw("CLOSE", 600)) == [("SYN_SENT", "call"), ("CLOSE", "kernel")]


def test_the_error_that_was_asked_for_ends_the_attempt() -> None:
    life = TcpLife()
    life.returned(7, call("connect", error="EINPROGRESS"))
    life.returned(8, call("getsockopt", "SOL_SOCKET", "SO_ERROR", value="ECONNREFUSED", t=300))
    assert short(life.ended(400)) == [("SYN_SENT", "call"), ("CLOSE", "call")]


def test_one_connected_to_itself_opens_and_closes_with_itself() -> None:
    life = TcpLife()
    life.to_itself = True
    life.returned(7, call("connect"))
    opened = life.saw("ESTABLISHED", 200)
    assert [step.new for step in opened] == ["SYN_SENT", "SYN_RECV", "ESTABLISHED"]
    life.returned(8, call("close", t=300))
    closed = life.saw("TIME_WAIT", 400)
    assert [step.new for step in closed] == ["FIN_WAIT1", "CLOSING", "TIME_WAIT"]


def test_one_that_accept_gave_went_through_the_handshake_when_its_peer_connected() -> None:
    life = TcpLife("LISTEN")
    life.accepted(call("accept", t=500), Span(100, 130))
    assert life.saw("ESTABLISHED", 600) == [
        Step("LISTEN", "SYN_RECV", "call", 100),
        Step("SYN_RECV", "ESTABLISHED", "kernel", 130),
    ]


def test_one_that_accept_gave_and_that_is_gone_was_established_all_the_same() -> None:
    life = TcpLife("LISTEN")
    life.accepted(call("accept", t=500), None)
    assert life.saw("CLOSE", 600) == [
        Step("LISTEN", "SYN_RECV", "call", 510),
        Step("SYN_RECV", "ESTABLISHED", "call", 510),
        Step("ESTABLISHED", "CLOSE", "kernel", 600),
    ]


def test_one_that_was_seen_waiting_is_not_established_twice() -> None:
    life = TcpLife("LISTEN")
    life.began(90)
    assert short(life.saw("ESTABLISHED", 100)) == [("SYN_RECV", "call"), ("ESTABLISHED", "kernel")]
    life.accepted(call("accept", t=500), Span(90, 95))
    assert life.saw("ESTABLISHED", 600) == []


# Closing.


def test_what_a_shutdown_led_to_says_so(connected: TcpLife) -> None:
    connected.returned(7, call("shutdown", "SHUT_WR", t=300))
    assert connected.saw("FIN_WAIT2", 400) == [
        Step("ESTABLISHED", "FIN_WAIT1", "call", 300, 7),
        Step("FIN_WAIT1", "FIN_WAIT2", "kernel", 400),
    ]


def test_shutting_the_receiving_side_changes_no_state(connected: TcpLife) -> None:
    connected.returned(7, call("shutdown", "SHUT_RD", t=300))
    connected.returned(8, call("recv", 100, "0", t=310))  # 0, but not the peer's doing
    assert connected.saw("ESTABLISHED", 400) == []


@pytest.mark.parametrize(
    ("state", "through"),
    [
        ("FIN_WAIT1", ["FIN_WAIT1"]),
        ("FIN_WAIT2", ["FIN_WAIT1", "FIN_WAIT2"]),
        ("CLOSING", ["FIN_WAIT1", "CLOSING"]),
        ("TIME_WAIT", ["FIN_WAIT1", "TIME_WAIT"]),  # which FIN came first nobody saw
        ("LAST_ACK", ["CLOSE_WAIT", "LAST_ACK"]),
        ("CLOSE", ["CLOSE"]),  # a reset, or one of many ways
    ],
)
def test_what_a_look_after_close_finds(connected: TcpLife, state: str, through: list[str]) -> None:
    connected.returned(7, call("close", t=300))
    steps = connected.saw(state, 400, expires=999)
    assert [step.new for step in steps] == through
    assert [step.source for step in steps] == ["call"] * (len(steps) - 1) + ["kernel"]
    ours = [step for step in steps if step.new in ("FIN_WAIT1", "LAST_ACK")]
    assert [(step.cause, step.t) for step in ours] == ([(7, 300)] if ours else [])
    assert [step.expires for step in steps] == [None] * (len(steps) - 1) + [999]


def test_a_peer_in_time_wait_has_had_our_fin_after_its_own(connected: TcpLife) -> None:
    connected.returned(7, call("close", t=300))
    assert connected.asks_for_peer
    assert connected.saw("CLOSE", 400, peer="TIME_WAIT") == [
        Step("ESTABLISHED", "CLOSE_WAIT", "call", 300),
        Step("CLOSE_WAIT", "LAST_ACK", "call", 300, 7),
        Step("LAST_ACK", "CLOSE", "kernel", 400),
    ]


def test_end_of_stream_is_close_wait_when_it_was_read(connected: TcpLife) -> None:
    connected.returned(7, call("recv", 100, "0", t=300))
    connected.returned(8, call("close", t=320))
    assert connected.saw("LAST_ACK", 400) == [
        Step("ESTABLISHED", "CLOSE_WAIT", "call", 310),
        Step("CLOSE_WAIT", "LAST_ACK", "kernel", 320, 8),
    ]


def test_a_shutdown_in_close_wait_is_last_ack_even_if_nobody_saw_it(connected: TcpLife) -> None:
    connected.returned(7, call("recv", 100, "0", t=300))
    connected.returned(8, call("shutdown", "SHUT_WR", t=320))
    assert [step.new for step in connected.saw("CLOSE", 400)] == [
        "CLOSE_WAIT",
        "LAST_ACK",
        "CLOSE",
    ]


def test_a_receive_of_nothing_is_no_end_of_stream(connected: TcpLife) -> None:
    connected.returned(7, call("recv", 0, "0", t=300))
    assert connected.saw("ESTABLISHED", 400) == []


@pytest.mark.parametrize(
    "how",
    [
        ("setsockopt", "SOL_SOCKET", "SO_LINGER", 0),
        ("setsockopt", "SOL_SOCKET", "SO_LINGER", "off"),
        ("setsockopt", "SOL_SOCKET", "SO_LINGER", 5),
    ],
)
def test_only_linger_0_makes_close_an_abort(connected: TcpLife, how: tuple[Arg, ...]) -> None:
    name, *args = how
    connected.returned(7, call(str(name), *args, t=300))
    connected.returned(8, call("close", t=320))
    cause, t = (8, 320) if args[-1] == 0 else (None, 400)
    assert connected.saw("CLOSE", 400) == [Step("ESTABLISHED", "CLOSE", "kernel", t, cause)]
    assert not connected.asks_for_peer


def test_a_close_with_unread_data_is_an_abort(connected: TcpLife) -> None:
    connected.returned(8, call("close", t=320), unread=True)
    assert connected.saw("CLOSE", 400) == [Step("ESTABLISHED", "CLOSE", "kernel", 320, 8)]


def test_what_waited_at_a_listener_that_was_closed_went_with_it() -> None:
    life = TcpLife("LISTEN")
    life.saw("ESTABLISHED", 100)
    life.abandoned(8, 320)
    assert life.saw("CLOSE", 400) == [Step("ESTABLISHED", "CLOSE", "kernel", 320, 8)]


@pytest.mark.parametrize(
    ("name", "error"), [("recv", "ECONNRESET"), ("send", "EPIPE"), ("recv", "ETIMEDOUT")]
)
def test_an_error_that_only_a_dead_connection_gives(
    connected: TcpLife, name: str, error: str
) -> None:
    connected.returned(7, call(name, 100, "0", t=300, error=error))
    connected.returned(8, call("close", t=320))
    assert connected.ended(400) == [Step("ESTABLISHED", "CLOSE", "call", 310)]


def test_epipe_after_our_own_shutdown_is_our_own(connected: TcpLife) -> None:
    connected.returned(7, call("shutdown", "SHUT_WR", t=300))
    connected.returned(8, call("send", "0", t=310, error="EPIPE"))
    assert short(connected.saw("FIN_WAIT2", 400)) == [
        ("FIN_WAIT1", "call"),
        ("FIN_WAIT2", "kernel"),
    ]


def test_a_call_that_the_lab_ended_says_nothing_of_the_network(connected: TcpLife) -> None:
    connected.returned(7, call("recv", 100, "0", t=300, cut=True))
    assert connected.saw("ESTABLISHED", 400) == []


def test_a_listener_that_was_closed_before_anybody_looked() -> None:
    life = TcpLife()
    life.returned(7, call("listen", 5))
    life.returned(8, call("close", t=300))
    assert life.ended(400) == [
        Step("CLOSE", "LISTEN", "call", 100, 7),
        Step("LISTEN", "CLOSE", "call", 300, 8),
    ]


def test_a_listener_that_was_shut_listens_no_more() -> None:
    life = TcpLife()
    life.returned(7, call("listen", 5))
    assert short(life.saw("LISTEN", 200)) == [("LISTEN", "kernel")]
    life.returned(8, call("shutdown", "SHUT_WR", t=300))
    assert life.saw("LISTEN", 310) == []
    life.returned(9, call("shutdown", "SHUT_RD", t=320))
    assert life.saw("CLOSE", 400) == [Step("LISTEN", "CLOSE", "kernel", 320, 9)]


def test_another_life_begins_in_close(connected: TcpLife) -> None:
    assert [step.new for step in connected.saw("SYN_SENT", 400)] == ["CLOSE", "SYN_SENT"]


def test_which_calls_are_worth_telling() -> None:
    assert not tells(call("recv", 100, "0", result=5))
    assert not tells(call("recv", 100, "0", error="EAGAIN"))
    assert not tells(call("send", "0", result=0))
    assert not tells(call("setsockopt", "SOL_SOCKET", "SO_RCVBUF", 1))
    assert tells(call("recv", 100, "0"))
    assert tells(call("send", "0", error="EPIPE"))


# Any life: a true walk through the table, of which looks and calls tell a part.

OWN = frozenset({"connect", "close", "shutdown", "abort", "close with unread data"})
ERRORS = {
    "receive RST": "ECONNRESET",
    "timeout": "ETIMEDOUT",
    "keepalive timeout": "ETIMEDOUT",
    "receive ICMP error": "EHOSTUNREACH",
}


class Kernel:
    """A socket that walks through the table, and a program that calls what a program would."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data
        self.ticks = count(1)
        self.accepts = data.draw(st.booleans(), "accepts")
        self.state = "LISTEN" if self.accepts else "CLOSE"
        self.life = TcpLife(self.state)
        self.walked: list[str] = []
        self.recorded: list[Step] = []
        self.held = not self.accepts  # by a descriptor
        self.connecting = 0
        self.told = False  # an error or end of stream that a call would report has been
        self.error: str | None = None
        self.fin = self.shut = self.peer_waits = False

    def chance(self, what: str) -> bool:
        return self.data.draw(st.booleans(), what)

    def call(self, name: str, *args: Arg, unread: bool = False, **fields: Any) -> None:
        n = next(self.ticks)
        made = call(name, *args, t=fields.pop("t", n * 100), **fields)
        self.life.returned(n, made, unread=unread)

    def step(self) -> bool:
        """One more move, if there can be one; what the program says of it."""
        ways = [row for row in MOVES if row.old == self.state and self.possible(row)]
        if not ways:
            return False
        row = self.data.draw(st.sampled_from(ways), "move")
        self.state = row.new
        self.walked.append(row.new)
        self.follow(row)
        return True

    def possible(self, row: Move) -> bool:
        if row.only == "RFC 9293" or row.event in ("listen", "close of listener", "reuse"):
            return False
        if row.old == "SYN_RECV" and row.new == "FIN_WAIT1":
            return False  # what `tcp_life` passes over
        if row.event == "receive data after close":
            return not self.held and not self.accepts
        return self.held or row.event not in OWN

    def follow(self, row: Move) -> None:
        if row.event == "connect":
            self.connecting = next(self.ticks) * 100
        elif row.event == "shutdown":
            self.shut = True
            self.call("shutdown", "SHUT_WR")
        elif row.event in OWN:
            if row.event == "abort":
                self.call("setsockopt", "SOL_SOCKET", "SO_LINGER", 0)
            unread = row.event == "close with unread data" and self.chance("unread is known")
            self.call("close", unread=unread)
            self.held = False
        self.fin = self.fin or row.event == "receive FIN"
        if row.new == "CLOSE":
            self.error = ERRORS.get(row.event)
            self.peer_waits = row.old == "LAST_ACK" and row.event == "receive ACK of FIN"
        if self.connecting and row.new in ("ESTABLISHED", "CLOSE") and self.held:
            failed = {"receive RST": "ECONNREFUSED"}.get(row.event, self.error or "ECONNABORTED")
            error = None if row.new == "ESTABLISHED" else failed
            self.call("connect", t=self.connecting, error=error, result=None if error else 0)
            self.connecting, self.told = 0, error is not None

    def read(self) -> None:
        """The program calls recv(2), where that wouldn't block."""
        if not self.held or self.connecting or self.told or self.state == "LISTEN":
            return
        if self.state == "CLOSE" and self.error and not self.fin:
            self.call("recv", 100, "0", error=self.error)
            self.told = True
        elif self.fin:
            self.call("recv", 100, "0")

    def accept(self) -> None:
        if self.accepts and not self.held and "ESTABLISHED" in self.walked and not self.shut:
            self.accepts = False
            self.held = True
            self.life.accepted(call("accept", t=next(self.ticks) * 100), None)

    def look(self) -> None:
        peer = "TIME_WAIT" if self.peer_waits and self.state == "CLOSE" else None
        steps = self.life.saw(self.state, next(self.ticks) * 100, peer=peer)
        assert not steps or steps[-1].source == "kernel"
        assert all(step.source == "call" for step in steps[:-1])
        self.recorded += steps


@settings(max_examples=500)
@given(st.data())
def test_what_is_recorded_is_part_of_what_happened_in_its_order(data: st.DataObject) -> None:
    kernel = Kernel(data)
    for _ in range(data.draw(st.integers(1, 12), "moves")):
        if not kernel.step():
            break
        kernel.accept() if kernel.chance("accept") else None
        kernel.read() if kernel.chance("read") else None
        # TIME_WAIT lasts a minute and is looked at in time, as a connect is that hasn't returned.
        if kernel.state == "TIME_WAIT" or kernel.chance("look"):
            kernel.look()
        if kernel.state == "CLOSE":
            break
    kernel.look()
    recorded = [step.new for step in kernel.recorded]
    walk = iter(kernel.walked)
    assert all(state in walk for state in recorded), (recorded, kernel.walked)
    assert kernel.life.state == kernel.state
    assert all(moves(step.old, step.new) for step in kernel.recorded)
    assert all(one.new == two.old for one, two in pairwise(kernel.recorded))
    assert all(one.t <= two.t for one, two in pairwise(kernel.recorded))
