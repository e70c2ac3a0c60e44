"""The walks: what a socket went through, and what can be said of the causes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.events import Call, State
from socklab.journal import History, Journal
from socklab.model.tcp_machine import MOVES, Move
from socklab.model.walks import Step, Walk, Walks, causes

SECOND = 1_000_000_000


def state(old: str, new: str, n: int = 0, **fields: Any) -> State:
    known: dict[str, Any] = {"t": n, "sock": 2, "source": "kernel", "program": "client"}
    return State(n=n, old=old, new=new, **(known | fields))


def call(name: str, n: int, error: str | None = None, sock: int = 2) -> Call:
    result = None if error else 0
    return Call(n=n, t=n, program="client", name=name, sock=sock, fd=3, result=result, error=error)


def walked(*events: State | Call, sock: int = 2) -> Walk:
    walks = Walks()
    for event in events:
        walks.apply(event)
    return walks.of(sock)


def said(steps: Walk | list[Step]) -> list[list[str]]:
    """What each step may have been, in the table's words."""
    return [[row.event for row in step.causes] for step in steps]


def test_the_opener_of_a_connection() -> None:
    walk = walked(
        call("connect", 0),
        state("CLOSE", "SYN_SENT", 1, source="call", cause=0),
        state("SYN_SENT", "ESTABLISHED", 2, cause=0),
        call("close", 3),
        state("ESTABLISHED", "FIN_WAIT1", 4, source="call", cause=3),
        state("FIN_WAIT1", "FIN_WAIT2", 5, expires=60 * SECOND),
    )
    assert [(step.number, step.n, step.new) for step in walk] == [
        (1, 1, "SYN_SENT"),
        (2, 2, "ESTABLISHED"),
        (3, 4, "FIN_WAIT1"),
        (4, 5, "FIN_WAIT2"),
    ]
    assert said(walk) == [["connect"], ["receive SYN,ACK"], ["close"], ["receive ACK of FIN"]]
    assert [step.inferred for step in walk] == [True, False, True, False]
    assert [step.call for step in walk] == ["connect", "connect", "close", None]
    assert (walk.state, walk.expires, walk.program) == ("FIN_WAIT2", 60 * SECOND, "client")
    assert walk.visited() == {"CLOSE", "SYN_SENT", "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2"}


def test_a_socket_that_has_not_moved() -> None:
    walk = walked(sock=9)
    assert (walk.state, walk.last, walk.expires, len(walk)) == ("CLOSE", None, None, 0)


def test_what_led_to_a_fin_is_told_by_the_call() -> None:
    close = walked(call("close", 0), state("CLOSE_WAIT", "LAST_ACK", 1, cause=0))
    shutdown = walked(call("shutdown", 0), state("CLOSE_WAIT", "LAST_ACK", 1, cause=0))
    unknown = walked(state("CLOSE_WAIT", "LAST_ACK", 1))
    assert said(close) == [["close"]]
    assert said(shutdown) == [["shutdown"]]
    assert said(unknown) == [["close", "shutdown"]]


@pytest.mark.parametrize(
    ("error", "event"),
    [
        ("ECONNREFUSED", "receive RST"),
        ("ETIMEDOUT", "timeout"),
        ("EHOSTUNREACH", "receive ICMP error"),
    ],
)
def test_what_ended_an_attempt_is_told_by_the_error(error: str, event: str) -> None:
    for cause in (None, 0):
        walk = walked(
            call("connect", 0, error),
            state("CLOSE", "SYN_SENT", 1, cause=0, source="call"),
            state("SYN_SENT", "CLOSE", 2, cause=cause),
        )
        assert said(walk) == [["connect"], [event]]


def test_an_attempt_whose_end_no_call_has_told() -> None:
    walk = walked(
        call("connect", 0, "EINPROGRESS"),
        state("CLOSE", "SYN_SENT", 1, cause=0),
        state("SYN_SENT", "CLOSE", 2),
    )
    assert said(walk)[-1] == ["receive RST", "timeout", "receive ICMP error"]


def test_a_listener_is_closed_and_not_aborted() -> None:
    assert said(walked(call("close", 0), state("LISTEN", "CLOSE", 1, cause=0))) == [["close"]]


def test_the_end_that_a_reset_made() -> None:
    reset = walked(call("recv", 0, "ECONNRESET"), state("ESTABLISHED", "CLOSE", 1, cause=0))
    assert said(reset) == [["receive RST"]]
    aborted = walked(call("close", 0), state("ESTABLISHED", "CLOSE", 1, cause=0))
    assert said(aborted) == [["abort", "close with unread data"]]
    with_listener = walked(call("close", 0, sock=1), state("ESTABLISHED", "CLOSE", 1, cause=0))
    assert said(with_listener) == [["close of listener"]]


def test_what_the_program_did_not_do_isnt_among_the_causes() -> None:
    (events,) = said(walked(state("ESTABLISHED", "CLOSE", 1)))
    assert "receive RST" in events
    assert "timeout" in events
    assert "abort" not in events
    assert "close with unread data" not in events


def test_a_time_that_ran_out() -> None:
    def end_of(old: str, at: int) -> list[str]:
        walk = walked(
            state("FIN_WAIT1", old, 1, t=0, expires=60 * SECOND), state(old, "CLOSE", 2, t=at)
        )
        return said(walk)[-1]

    assert end_of("FIN_WAIT2", 61 * SECOND) == ["timeout"]
    assert end_of("TIME_WAIT", 60 * SECOND) == ["timeout"]
    assert "timeout" not in end_of("FIN_WAIT2", 5 * SECOND)
    assert "reuse" in end_of("TIME_WAIT", 5 * SECOND)


def last_ack() -> Step:
    last = walked(state("LAST_ACK", "CLOSE", 9)).last
    assert last is not None
    return last


def test_the_other_end_tells_what_ended_a_connection() -> None:
    asked = last_ack()
    alone = [row.event for row in causes(asked, None)]
    assert alone[:2] == ["receive ACK of FIN", "receive RST"]

    in_time_wait = walked(state("FIN_WAIT2", "TIME_WAIT", 8))
    assert [row.event for row in causes(asked, in_time_wait)] == ["receive ACK of FIN"]

    gone_before = walked(
        state("FIN_WAIT1", "FIN_WAIT2", 3, expires=7), state("FIN_WAIT2", "CLOSE", 8)
    )
    events = [row.event for row in causes(asked, gone_before)]
    assert "receive RST" in events
    assert "receive ACK of FIN" not in events

    still_there = walked(state("FIN_WAIT1", "FIN_WAIT2", 3))
    assert [row.event for row in causes(asked, still_there)] == alone


def test_who_was_reset_by_the_other_end() -> None:
    victim = walked(state("ESTABLISHED", "CLOSE", 9)).last
    culprit = walked(call("close", 0), state("ESTABLISHED", "CLOSE", 8, cause=0))
    assert victim is not None
    assert [row.event for row in causes(victim, culprit)] == ["receive RST"]


def test_a_change_that_the_machine_doesnt_know() -> None:
    walk = walked(state("CLOSE", "ESTABLISHED", 1))
    assert (walk.state, said(walk)) == ("ESTABLISHED", [[]])


def test_a_walk_of_any_length_takes_bounded_memory() -> None:
    walk = Walk(2, keep=8)
    for n in range(1000):
        old, new = ("CLOSE", "SYN_SENT") if n % 2 == 0 else ("SYN_SENT", "CLOSE")
        walk.add(state(old, new, n))
    assert 8 <= len(walk) <= 16
    assert walk.last is not None
    assert walk.last.number == 1000
    assert walk.dropped + len(walk) == 1000
    assert walk.steps[0].number == walk.dropped + 1


def test_of_many_sockets_those_that_have_ended_are_forgotten_first() -> None:
    walks = Walks(most=10)
    walks.apply(state("CLOSE", "LISTEN", sock=1))
    for sock in range(2, 60):
        walks.apply(state("LISTEN", "SYN_RECV", sock=sock))
        walks.apply(state("SYN_RECV", "CLOSE", sock=sock))
    assert len(walks.walks) <= 20
    assert walks.of(1).state == "LISTEN"
    assert walks.of(59).state == "CLOSE"
    assert len(walks.of(59)) == 2
    assert len(walks.of(2)) == 0


def test_any_moment_of_a_journal() -> None:
    journal = Journal.create()
    for event in (
        call("connect", 0),
        state("CLOSE", "SYN_SENT", cause=0),
        state("SYN_SENT", "ESTABLISHED", cause=0),
        state("ESTABLISHED", "CLOSE_WAIT"),
    ):
        journal.append(event)
    history = History(journal, Walks)
    assert history.advance(1.0)
    assert [history.at(n).of(2).state for n in range(5)] == [
        "CLOSE",
        "CLOSE",
        "SYN_SENT",
        "ESTABLISHED",
        "CLOSE_WAIT",
    ]
    assert len(history.at(2).of(2)) == 1


def test_a_copy_goes_its_own_way() -> None:
    walks = Walks()
    walks.apply(state("CLOSE", "SYN_SENT", 1))
    other = walks.copy()
    other.apply(state("SYN_SENT", "ESTABLISHED", 2))
    assert (walks.of(2).state, other.of(2).state) == ("SYN_SENT", "ESTABLISHED")


@given(st.lists(st.sampled_from(MOVES), max_size=30), st.booleans())
def test_whatever_happened_is_among_what_may_have(rows: list[Move], known: bool) -> None:
    walks, n = Walks(), 0
    for row in rows:
        name, cause = row.event.split()[0], None
        own = name in ("close", "shutdown", "connect", "listen", "send", "abort")
        if known and own and name not in ("send", "abort"):
            walks.apply(call(name, n, sock=1 if row.event == "close of listener" else 2))
            cause, n = n, n + 1
        source = "call" if own else "kernel"
        walks.apply(state(row.old, row.new, n, source=source, cause=cause))
        n += 1
        last = walks.of(2).last
        assert last is not None
        assert row in last.causes
