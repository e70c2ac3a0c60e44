"""What the wire saw and what the kernel and the calls said make one life: no move twice, none
contradicted, each with the best that is known of it."""

from __future__ import annotations

from itertools import count, pairwise

from hypothesis import given
from hypothesis import strategies as st

from socklab.events import Call, Wait
from socklab.model.tcp_life import Step, TcpLife
from socklab.model.tcp_machine import MOVES, Move, moves

SECOND = 1_000_000_000
CONNECT = Call(t=100, name="connect", result=0, duration=90)


def opened() -> TcpLife:
    """One that the wire saw connect: its SYN at 110, the answer at 150."""
    life = TcpLife()
    assert life.crossed("CLOSE", "SYN_SENT", 110, 1) == [Step("CLOSE", "SYN_SENT", "wire", 110, 1)]
    assert life.crossed("SYN_SENT", "ESTABLISHED", 150, 2) == [
        Step("SYN_SENT", "ESTABLISHED", "wire", 150, 2)
    ]
    return life


def test_a_look_that_follows_repeats_nothing() -> None:
    life = opened()
    assert life.saw("ESTABLISHED", 200) == []


def test_a_call_that_follows_repeats_nothing() -> None:
    life = opened()
    life.returned(3, CONNECT)
    assert life.saw("ESTABLISHED", 200) == []


def test_what_a_call_said_first_is_told_by_the_wire() -> None:
    life = TcpLife()
    life.returned(3, CONNECT)
    assert life.crossed("CLOSE", "SYN_SENT", 110, 1) == [Step("CLOSE", "SYN_SENT", "wire", 110, 3)]
    assert life.crossed("SYN_SENT", "ESTABLISHED", 150, 2) == [
        Step("SYN_SENT", "ESTABLISHED", "wire", 150, 2)
    ]
    assert life.saw("ESTABLISHED", 200) == []


def test_what_a_look_said_first_stays() -> None:
    life = TcpLife()
    life.entered(3, Wait(t=100, name="connect"))
    assert life.saw("SYN_SENT", 120) == [Step("CLOSE", "SYN_SENT", "kernel", 100, 3)]
    assert life.crossed("CLOSE", "SYN_SENT", 110, 1) == []
    assert life.crossed("SYN_SENT", "ESTABLISHED", 150, 2) == [
        Step("SYN_SENT", "ESTABLISHED", "wire", 150, 2)
    ]


def test_a_look_from_before_is_passed_over() -> None:
    life = opened()
    assert life.saw("SYN_SENT", 140) == []
    assert life.saw("SYN_SENT", 160) == []  # the kernel is at it
    assert life.crossed("ESTABLISHED", "CLOSE_WAIT", 300, 5)
    assert life.saw("ESTABLISHED", 310) == []
    assert life.state == "CLOSE_WAIT"


def test_what_the_wire_missed_is_inferred() -> None:
    life = TcpLife()
    life.entered(3, Wait(t=100, name="connect"))
    assert life.crossed("SYN_SENT", "ESTABLISHED", 150, 2) == [
        Step("CLOSE", "SYN_SENT", "call", 100, 3),
        Step("SYN_SENT", "ESTABLISHED", "wire", 150, 2),
    ]


def test_what_is_expected_waits_for_a_look() -> None:
    life = TcpLife("LISTEN")
    life.crossed("LISTEN", "SYN_RECV", 100, 1)
    assert life.crossed("SYN_RECV", "ESTABLISHED", 150, 2, proven=False) == []
    assert life.saw("ESTABLISHED", 200) == [Step("SYN_RECV", "ESTABLISHED", "wire", 150, 2)]
    assert life.crossed("SYN_RECV", "ESTABLISHED", 150, 2) == []


def test_what_is_expected_is_recorded_once_it_is_proven() -> None:
    life = opened()
    life.crossed("ESTABLISHED", "CLOSE_WAIT", 300, 5, proven=False)
    assert life.crossed("ESTABLISHED", "CLOSE_WAIT", 300, 5) == [
        Step("ESTABLISHED", "CLOSE_WAIT", "wire", 300, 5)
    ]
    assert life.saw("CLOSE_WAIT", 400) == []


def test_what_is_expected_and_denied_comes_later_if_at_all() -> None:
    life = TcpLife("LISTEN")
    life.crossed("LISTEN", "SYN_RECV", 100, 1)
    life.crossed("SYN_RECV", "ESTABLISHED", 150, 2, proven=False)
    assert life.saw("SYN_RECV", 200) == []
    assert life.crossed("SYN_RECV", "ESTABLISHED", 150, 2) == [
        Step("SYN_RECV", "ESTABLISHED", "wire", 200, 2)
    ]


def test_an_accept_has_the_wires_time() -> None:
    life = TcpLife("LISTEN")
    life.crossed("LISTEN", "SYN_RECV", 100, 1)
    life.crossed("SYN_RECV", "ESTABLISHED", 150, 2, proven=False)
    life.accepted(Call(t=300, name="accept", result=4, duration=10), None)
    assert life.saw("ESTABLISHED", 400) == [Step("SYN_RECV", "ESTABLISHED", "wire", 150, 2)]


def test_a_close_has_the_wires_time_and_is_the_cause() -> None:
    life = opened()
    life.returned(7, Call(t=290, name="close", result=0, duration=5))
    assert life.crossed("ESTABLISHED", "FIN_WAIT1", 300, 5) == [
        Step("ESTABLISHED", "FIN_WAIT1", "wire", 300, 7)
    ]
    # Two looks missed what the wire saw go by.
    assert life.crossed("FIN_WAIT1", "FIN_WAIT2", 310, 6)
    assert life.crossed("FIN_WAIT2", "TIME_WAIT", 320, 7) == [
        Step("FIN_WAIT2", "TIME_WAIT", "wire", 320, 7, 320 + 60 * SECOND)
    ]
    assert life.saw("TIME_WAIT", 400, expires=320 + 60 * SECOND) == []
    assert life.saw("CLOSE", 70 * SECOND) == [Step("TIME_WAIT", "CLOSE", "kernel", 70 * SECOND)]


def test_what_a_look_has_gone_past_is_passed_over() -> None:
    life = opened()
    life.returned(7, Call(t=290, name="close", result=0, duration=5))
    assert [step.new for step in life.saw("FIN_WAIT2", 305)] == ["FIN_WAIT1", "FIN_WAIT2"]
    assert life.crossed("ESTABLISHED", "FIN_WAIT1", 300, 5) == []
    assert life.crossed("FIN_WAIT1", "FIN_WAIT2", 304, 6) == []
    assert life.crossed("FIN_WAIT2", "TIME_WAIT", 320, 7)


def test_an_end_that_the_wire_is_behind_on() -> None:
    """The look knows that it was established, which the wire couldn't prove before the reset."""
    life = TcpLife("LISTEN")
    life.crossed("LISTEN", "SYN_RECV", 100, 1)
    assert [step.new for step in life.saw("ESTABLISHED", 200)] == ["ESTABLISHED"]
    assert life.crossed("SYN_RECV", "CLOSE", 300, 2) == [
        Step("ESTABLISHED", "CLOSE", "wire", 300, 2)
    ]


def test_a_socket_that_connects_again_begins_anew() -> None:
    life = opened()
    life.crossed("ESTABLISHED", "CLOSE", 300, 5)
    assert life.crossed("SYN_SENT", "CLOSE", 200, 4) == []
    assert life.crossed("CLOSE", "SYN_SENT", 400, 6) == [Step("CLOSE", "SYN_SENT", "wire", 400, 6)]
    assert life.saw("CLOSE", 390) == []
    assert life.saw("SYN_SENT", 410) == []


def test_what_cannot_follow_is_passed_over() -> None:
    life = opened()
    assert life.crossed("LISTEN", "SYN_RECV", 300, 5) == []
    life.crossed("ESTABLISHED", "CLOSE", 300, 5)
    assert life.crossed("FIN_WAIT1", "FIN_WAIT2", 400, 6) == []


STATES = sorted({move.new for move in MOVES})
wire = st.tuples(st.sampled_from(MOVES), st.integers(0, 50), st.booleans())
looks = st.tuples(st.sampled_from(STATES), st.integers(0, 50))


@given(st.sampled_from(["CLOSE", "LISTEN"]), st.lists(wire | looks, max_size=30))
def test_whatever_they_say_each_move_is_legal_and_none_is_earlier(
    first: str, words: list[tuple[Move, int, bool] | tuple[str, int]]
) -> None:
    life = TcpLife(first)
    steps = [Step(first, first, "call", 0)]
    clock = count(step=20)
    for word in words:
        if len(word) == 3:
            move, late, proven = word
            t = max(0, next(clock) - late)
            steps += life.crossed(move.old, move.new, t, 1, proven=proven)
        else:
            state, late = word
            if first == "LISTEN" or state != "LISTEN":
                steps += life.saw(state, max(0, next(clock) - late))
    for one, two in pairwise(steps):
        assert one.new == two.old
        assert moves(two.old, two.new)
        assert one.t <= two.t
