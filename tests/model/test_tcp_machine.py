"""The table of moves against the figure of RFC 9293, and what is worked out from it."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.model.tcp_machine import MOVES, IllegalMove, Move, Segment, move, moves, path
from socklab.model.tcp_states import TcpState

STATES = st.sampled_from(list(TcpState))

FIGURE = """
    CLOSE       -> LISTEN       listen              -
    CLOSE       -> SYN_SENT     connect             SYN
    LISTEN      -> SYN_RECV     receive SYN         SYN,ACK
    LISTEN      -> SYN_SENT     send                SYN
    LISTEN      -> CLOSE        close               -
    SYN_SENT    -> CLOSE        close               -
    SYN_SENT    -> SYN_RECV     receive SYN         SYN,ACK
    SYN_SENT    -> ESTABLISHED  receive SYN,ACK     ACK
    SYN_RECV    -> ESTABLISHED  receive ACK of SYN  -
    SYN_RECV    -> FIN_WAIT1    close               FIN
    ESTABLISHED -> FIN_WAIT1    close               FIN
    ESTABLISHED -> CLOSE_WAIT   receive FIN         ACK
    FIN_WAIT1   -> FIN_WAIT2    receive ACK of FIN  -
    FIN_WAIT1   -> CLOSING      receive FIN         ACK
    CLOSE_WAIT  -> LAST_ACK     close               FIN
    FIN_WAIT2   -> TIME_WAIT    receive FIN         ACK
    CLOSING     -> TIME_WAIT    receive ACK of FIN  -
    LAST_ACK    -> CLOSE        receive ACK of FIN  -
    TIME_WAIT   -> CLOSE        timeout             -
"""
"""RFC 9293, figure 5, arrow by arrow: from, to, the event above the line and what is sent."""

NOTES = """
    SYN_RECV    -> LISTEN       receive RST (passive open)  -
    FIN_WAIT1   -> TIME_WAIT    receive FIN, ACK of FIN     ACK
"""
"""Its notes 1 and 2."""

ARROW = re.compile(r"(\w+) +-> (\w+) +(.+?)  +(\S+)$")


def arrows(figure: str) -> list[tuple[str, ...]]:
    return [found.groups() for line in figure.splitlines() if (found := ARROW.match(line.strip()))]


def states(way: tuple[Move, ...]) -> list[str]:
    """The states that a way leads through, its beginning left out."""
    return [row.new.value for row in way]


@pytest.mark.parametrize("arrow", arrows(FIGURE + NOTES), ids=" ".join)
def test_every_arrow_of_the_figure_is_in_the_table(arrow: tuple[str, ...]) -> None:
    old, new, event, sends = arrow
    row = move(old, event)
    assert (row.old, row.new, row.sends or "-") == (old, new, sends)


def test_the_figure_is_complete() -> None:
    assert len(arrows(FIGURE)) == 19


@pytest.mark.parametrize("state", [state for state in TcpState if state not in ("CLOSE", "LISTEN")])
def test_a_reset_ends_every_connection(state: TcpState) -> None:
    assert move(state, "receive RST").new == "CLOSE"


@pytest.mark.parametrize("state", [state for state in TcpState if state != "CLOSE"])
def test_an_abort_ends_everything_and_tells_the_peer_where_there_is_one(state: TcpState) -> None:
    tells = state in ("SYN_RECV", "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "CLOSE_WAIT")
    row = move(state, "abort")  # RFC 9293, 3.10.5
    assert (row.new, row.sends) == ("CLOSE", Segment.RST if tells else None)


@pytest.mark.parametrize(
    "state",
    ["SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT1", "CLOSE_WAIT", "CLOSING", "LAST_ACK"],
)
def test_what_waits_for_an_answer_waits_no_longer_than_the_user_timeout(state: str) -> None:
    assert move(state, "timeout").new == "CLOSE"


def test_an_event_leads_from_a_state_to_one_other() -> None:
    assert len({(row.old, row.event) for row in MOVES}) == len(MOVES)
    assert all(row.old != row.new for row in MOVES)


def test_every_row_says_where_it_is_written() -> None:
    written = re.compile(r"RFC 9293, (3(\.\d+)+|figure 5, note [123])|(tcp\(7\), tcp_\w+|\w+\(2\))")
    assert [row for row in MOVES if not written.fullmatch(row.clause)] == []
    # What no RFC knows is Linux's own, and says so.
    assert {row.only for row in MOVES if "RFC" not in row.clause} == {"Linux"}


@given(STATES, STATES)
def test_the_rows_between_two_states_are_those_of_the_table(old: TcpState, new: TcpState) -> None:
    assert moves(old, new) == tuple(row for row in MOVES if (row.old, row.new) == (old, new))


@given(STATES, st.sampled_from(sorted({row.event for row in MOVES})))
def test_an_event_that_cannot_happen_in_a_state_is_illegal(state: TcpState, event: str) -> None:
    rows = [row for row in MOVES if (row.old, row.event) == (state, event)]
    if rows:
        assert [move(state, event)] == rows
    else:
        with pytest.raises(IllegalMove, match=f"{re.escape(event)} in {state}"):
            move(state, event)


@given(st.lists(st.integers(0, 1000), max_size=30))
def test_wherever_legal_moves_lead_there_is_a_path_no_longer_than_they_are(
    choices: list[int],
) -> None:
    """A walk of legal moves from CLOSE, ended where it comes back to it."""
    linux = [row for row in MOVES if row.only != "RFC 9293"]
    state, walked = TcpState.CLOSE, 0
    for choice in choices:
        ways = [row for row in linux if row.old == state]
        state, walked = ways[choice % len(ways)].new, walked + 1
        if state == "CLOSE":
            break
        assert len(path("CLOSE", state)) <= walked


@given(STATES, STATES)
def test_a_path_is_a_chain_of_rows_that_never_passes_a_state_twice(
    old: TcpState, new: TcpState
) -> None:
    try:
        way = path(old, new)
    except IllegalMove:
        return
    assert all(row in MOVES and row.only != "RFC 9293" for row in way)
    assert all(one.new == two.old for one, two in pairwise(way))
    passed = [old, *(row.new for row in way)]
    assert passed[-1] == new
    assert len(set(passed)) == len(passed)
    assert "CLOSE" not in passed[1:-1]


@pytest.mark.parametrize(
    ("old", "new", "through"),
    [
        ("CLOSE", "ESTABLISHED", ["SYN_SENT", "ESTABLISHED"]),
        ("CLOSE", "SYN_RECV", ["SYN_SENT", "SYN_RECV"]),  # simultaneous open
        ("LISTEN", "ESTABLISHED", ["SYN_RECV", "ESTABLISHED"]),
        ("ESTABLISHED", "FIN_WAIT2", ["FIN_WAIT1", "FIN_WAIT2"]),
        ("ESTABLISHED", "CLOSING", ["FIN_WAIT1", "CLOSING"]),
        ("ESTABLISHED", "TIME_WAIT", ["FIN_WAIT1", "TIME_WAIT"]),
        ("ESTABLISHED", "LAST_ACK", ["CLOSE_WAIT", "LAST_ACK"]),
        ("SYN_RECV", "CLOSE_WAIT", ["ESTABLISHED", "CLOSE_WAIT"]),
        ("CLOSE_WAIT", "CLOSE", ["CLOSE"]),
        ("TIME_WAIT", "TIME_WAIT", []),
    ],
)
def test_what_lies_between_two_looks(old: str, new: str, through: list[str]) -> None:
    assert states(path(old, new)) == through


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("TIME_WAIT", "ESTABLISHED"),  # only a new connection could, and that is a new life
        ("ESTABLISHED", "SYN_SENT"),
        ("CLOSE_WAIT", "TIME_WAIT"),  # TIME_WAIT belongs to the first closer
        ("LISTEN", "SYN_SENT"),  # the RFC's; Linux refuses connect with EISCONN
        ("SYN_RECV", "LISTEN"),
        ("ESTABLISHED", "UNCONN"),
        ("nowhere", "CLOSE"),
    ],
)
def test_where_no_way_leads(old: str, new: str) -> None:
    with pytest.raises(IllegalMove, match=f"{old} to {new}"):
        path(old, new)
