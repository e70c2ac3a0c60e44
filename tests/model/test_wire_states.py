"""The states that follow from segments: never one that they don't prove, each at its moment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.events import AnyEvent, Frame
from socklab.model.tcp_machine import moves
from socklab.model.wire_end import WireMove
from socklab.model.wire_states import MOST_CONNECTIONS, WireStates
from tests.model.frames import build
from tests.model.on_the_wire import CLIENT_END, MS, SERVER_END, Play
from tests.model.test_segments import fates, frames

Told = list[tuple[str, str, str]]


@pytest.fixture
def play() -> Play:
    """A connection between a client and a server, ESTABLISHED at both ends."""
    play = Play(WireStates())
    play.handshake()
    play.server("A", 1, 1)
    play.said.clear()
    return play


def told(play: Play) -> Told:
    """What is proven: who, from where to where; and what isn't, with a question mark."""
    return [
        (move.host, move.old, move.new if move.proven else move.new + "?")
        for moves_made in play.answers()
        for move in moves_made
    ]


def move(play: Play, at: int) -> WireMove:
    found: list[WireMove] = [move for moves_made in play.answers() for move in moves_made]
    return found[at]


# Opening.


def test_a_handshake() -> None:
    play = Play(WireStates())
    syn = play.client("S", 0, fate=None)
    play.passes(50)
    play.ends(syn)
    play.server("SA", 0, 1)
    play.client("A", 1, 1)
    assert told(play) == [
        ("client", "CLOSE", "SYN_SENT"),
        ("server", "LISTEN", "SYN_RECV"),
        ("client", "SYN_SENT", "ESTABLISHED"),
        ("server", "SYN_RECV", "ESTABLISHED?"),
    ]
    assert move(play, 0)[:3] == ("client", CLIENT_END, SERVER_END)
    assert move(play, 1)[:3] == ("server", SERVER_END, CLIENT_END)
    # The SYN left at 1 ms, as event 0, and came at 51 ms, as event 1.
    assert (move(play, 0).t, move(play, 0).cause) == (1 * MS, 0)
    assert (move(play, 1).t, move(play, 1).cause) == (51 * MS, 1)


def test_the_servers_next_segment_proves_that_it_was_established() -> None:
    play = Play(WireStates())
    play.handshake()
    expected = move(play, -1)
    play.server("A", 1, 1, 10)
    assert move(play, -1) == expected._replace(proven=True)


def test_a_server_that_ignores_the_handshakes_end() -> None:
    """Its accept queue is full: it sends its SYN,ACK again, and accepts the next answer."""
    play = Play(WireStates())
    play.handshake()
    play.server("SA", 0, 1)
    play.client("A", 1, 1)
    play.server("A", 1, 1)
    assert told(play)[3:] == [
        ("server", "SYN_RECV", "ESTABLISHED?"),
        ("server", "SYN_RECV", "ESTABLISHED?"),
        ("server", "SYN_RECV", "ESTABLISHED"),
    ]
    assert move(play, -1).t == move(play, -2).t


def test_a_syn_that_never_comes_moves_one_end_only() -> None:
    play = Play(WireStates())
    play.client("S", 0, fate="dropped")
    play.client("S", 0, fate="dropped")
    assert told(play) == [("client", "CLOSE", "SYN_SENT")]


def test_a_refusal() -> None:
    play = Play(WireStates())
    play.client("S", 0)
    play.server("RA", 0, 1)
    assert told(play) == [("client", "CLOSE", "SYN_SENT"), ("client", "SYN_SENT", "CLOSE")]


def test_a_refusal_of_something_else_is_none() -> None:
    play = Play(WireStates())
    play.client("S", 0)
    play.server("RA", 0, 77)
    assert told(play) == [("client", "CLOSE", "SYN_SENT")]


def test_both_open_at_once() -> None:
    play = Play(WireStates())
    one = play.client("S", 0, fate=None)
    other = play.server("S", 0, fate=None)
    play.ends(one)
    play.ends(other)
    play.client("SA", 0, 1)
    play.server("SA", 0, 1)
    assert told(play) == [
        ("client", "CLOSE", "SYN_SENT"),
        ("server", "CLOSE", "SYN_SENT"),
        ("server", "SYN_SENT", "SYN_RECV"),
        ("client", "SYN_SENT", "SYN_RECV"),
        ("server", "SYN_RECV", "ESTABLISHED"),
        ("client", "SYN_RECV", "ESTABLISHED"),
    ]


# Closing.


def test_the_four_segments_of_a_close(play: Play) -> None:
    play.client("FA", 1, 1)
    play.server("A", 1, 2)
    play.server("FA", 1, 2)
    play.client("A", 2, 2)
    assert told(play) == [
        ("client", "ESTABLISHED", "FIN_WAIT1"),
        ("server", "ESTABLISHED", "CLOSE_WAIT?"),
        ("server", "ESTABLISHED", "CLOSE_WAIT"),
        ("client", "FIN_WAIT1", "FIN_WAIT2"),
        ("server", "CLOSE_WAIT", "LAST_ACK"),
        ("client", "FIN_WAIT2", "TIME_WAIT"),
        ("server", "LAST_ACK", "CLOSE"),
    ]


def test_a_close_in_three_segments(play: Play) -> None:
    play.client("FA", 1, 1, 10)
    play.server("FA", 1, 12)
    play.client("A", 12, 2)
    assert told(play)[2:] == [
        ("server", "ESTABLISHED", "CLOSE_WAIT"),
        ("server", "CLOSE_WAIT", "LAST_ACK"),
        ("client", "FIN_WAIT1", "TIME_WAIT"),
        ("server", "LAST_ACK", "CLOSE"),
    ]


def test_both_close_at_once(play: Play) -> None:
    one = play.client("FA", 1, 1, fate=None)
    other = play.server("FA", 1, 1, fate=None)
    play.ends(one)
    play.ends(other)
    play.client("A", 2, 2)
    play.server("A", 2, 2)
    assert told(play) == [
        ("client", "ESTABLISHED", "FIN_WAIT1"),
        ("server", "ESTABLISHED", "FIN_WAIT1"),
        ("server", "FIN_WAIT1", "CLOSING"),
        ("client", "FIN_WAIT1", "CLOSING"),
        ("server", "CLOSING", "TIME_WAIT"),
        ("client", "CLOSING", "TIME_WAIT"),
    ]


def test_both_close_at_once_and_the_wire_reads_one_fin_late(play: Play) -> None:
    """The server had closed before the client's FIN came, but its own wasn't on the wire yet."""
    play.client("FA", 1, 1)
    play.server("FA", 1, 1)
    assert told(play) == [
        ("client", "ESTABLISHED", "FIN_WAIT1"),
        ("server", "ESTABLISHED", "CLOSE_WAIT?"),
        ("server", "ESTABLISHED", "FIN_WAIT1"),
        ("server", "FIN_WAIT1", "CLOSING"),
        ("client", "FIN_WAIT1", "CLOSING"),
    ]


def test_a_fin_counts_once_all_before_it_has_come(play: Play) -> None:
    play.client("A", 1, 1, 100, fate="dropped")
    play.client("A", 101, 1, 100)
    play.client("FA", 201, 1)
    play.server("A", 1, 1)
    assert told(play) == [("client", "ESTABLISHED", "FIN_WAIT1")]
    play.client("A", 1, 1, 100)
    assert told(play)[1:] == [("server", "ESTABLISHED", "CLOSE_WAIT?")]
    assert move(play, 1).t == play.t
    play.server("A", 1, 202)
    assert told(play)[2:] == [
        ("server", "ESTABLISHED", "CLOSE_WAIT"),
        ("client", "FIN_WAIT1", "FIN_WAIT2"),
    ]


def test_what_was_corrupted_has_not_come(play: Play) -> None:
    frame = play.client("FA", 1, 1, fate=None)
    play.ends(frame, "corrupted", data=b"\0" * 60)
    assert told(play) == [("client", "ESTABLISHED", "FIN_WAIT1")]


def test_what_was_corrupted_where_no_checksum_sees_it_has_come(play: Play) -> None:
    """IPv6's hop limit; the frame is made for this, and what it says is IPv4's business here."""
    frame = play.client("FA", 1, 1, fate=None)
    ends = (build.CLIENT6, build.SERVER6)
    sound = build.ethernet(build.ipv6(build.tcp(b"", 0x11, ends=ends), hops=65))
    play.ends(frame, "corrupted", data=sound)
    assert told(play)[1:] == [("server", "ESTABLISHED", "CLOSE_WAIT?")]


def test_a_copy_by_the_wire_leaves_nobody_but_comes(play: Play) -> None:
    n = play.n
    play.client("FA", 1, 1, fate="dropped")
    play.client("FA", 1, 1, cause=n)
    assert told(play) == [
        ("client", "ESTABLISHED", "FIN_WAIT1"),
        ("server", "ESTABLISHED", "CLOSE_WAIT?"),
    ]


def test_an_acknowledgement_that_was_dropped_changes_nothing(play: Play) -> None:
    play.client("FA", 1, 1)
    play.server("A", 1, 2, fate="dropped")
    assert told(play)[2:] == [("server", "ESTABLISHED", "CLOSE_WAIT")]


def test_a_reset_ends_both(play: Play) -> None:
    play.client("RA", 1, 1)
    assert told(play) == [("client", "ESTABLISHED", "CLOSE"), ("server", "ESTABLISHED", "CLOSE")]


def test_a_reset_out_of_order_ends_its_sender_only(play: Play) -> None:
    play.client("RA", 50, 1)
    assert told(play) == [("client", "ESTABLISHED", "CLOSE")]


def test_addresses_that_wait_may_be_used_again(play: Play) -> None:
    play.server("FA", 1, 1)
    play.client("FA", 1, 2)
    play.server("A", 2, 2)
    play.said.clear()
    play.first = (50_000, 70_000)
    play.client("S", 0)
    play.server("SA", 0, 1)
    assert told(play) == [
        ("client", "CLOSE", "SYN_SENT"),
        ("server", "TIME_WAIT", "CLOSE"),
        ("server", "LISTEN", "SYN_RECV"),
        ("client", "SYN_SENT", "ESTABLISHED"),
    ]


# Whatever comes.


def test_what_began_before_is_left_alone() -> None:
    play = Play(WireStates())
    play.client("A", 1, 1, 10)
    play.server("FA", 1, 11)
    play.client("R", 11)
    assert told(play) == []


def test_memory_is_bounded() -> None:
    states = WireStates()
    play = Play(states)
    play.handshake()
    for number in range(MOST_CONNECTIONS + 100):
        segment = build.tcp(
            b"", 2, source_port=number % 60_000 + 1, target_port=7 + number // 60_000
        )
        frame = build.ethernet(build.ipv4(segment))
        states.apply(frames_event(number + 10, frame))
    assert len(states._ends) <= 2 * MOST_CONNECTIONS


def frames_event(number: int, data: bytes) -> AnyEvent:
    return Frame(t=0, id=number, sender="a", receiver="b", size=len(data), data=data)


@given(st.lists(frames | fates, max_size=60))
def test_each_is_a_legal_move_from_the_one_before(events: list[AnyEvent]) -> None:
    states = WireStates()
    last: dict[tuple[object, ...], WireMove] = {}
    for event in events:
        for made in states.apply(event):
            assert moves(made.old, made.new)
            end = made[:3]
            before = last.get(end)
            if before is not None and made.proven and before.proven:
                # But for a new connection each begins where the one before it has led.
                assert made.old in (before.new, "LISTEN", "CLOSE")
            if made.proven:
                last[end] = made
