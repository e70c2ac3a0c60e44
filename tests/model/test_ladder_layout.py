"""Ladders as lines of cells: where things stand, and what gives way where there is little room."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.events import AnyEvent, Fate, Frame
from socklab.model.cells import width_of
from socklab.model.ladder import SHOWN, Row, rows
from socklab.model.ladder_lanes import Head, Lanes, of_connection, of_programs
from socklab.model.ladder_layout import grid, head_line, legend, most_lanes, row_line, time_text
from socklab.model.ladder_moment import Moment
from socklab.model.ladder_order import in_order
from socklab.model.ladder_text import cut, row_text
from tests.journal.samples import any_event
from tests.model.ladders import CONNECTION, MS, PROGRAMS, Session, connected, ladder, picture

CONVERSATION = """\
                          │       socket(AF_INET, SOCK_STREAM, 0) = 3
                          │               bind(3, 127.0.0.1:8080) = 0
                          │                ║         listen(3, 5) = 0
                          │                ║                 ◆ LISTEN
 socket(AF_INET, SOCK_STREAM, 0) = 3       ║
 connect(3, 127.0.0.1:8080) = 0            ║
 ◇ (SYN_SENT)             ├┄┄┄┄┄ SYN ┄┄┄┄┄▶║
                          │◀┄┄┄ SYN,ACK ┄┄┄╢             ◇ (SYN_RECV)
 ◆ ESTABLISHED            ├┄┄┄┄┄ ACK ┄┄┄┄┄▶║
                          │                ║            ◆ ESTABLISHED
                          │        accept(3) = 4 from 127.0.0.1:41822
                          │                █ recv(4, 100) ... blocked
 send(3, "xxxxx") = 5     ├┄┄┄ #1 0–4 ┄┄┄┄▶█
                          │   0–4 = #1  recv = 5 "xxxxx" after 100 ms
 send(3, "xxx") = 3       ├┄┄┄ #2 5–7 ┄┄┄┄▶║
 send(3, "xxx") = 3       ├┄┄┄ #3 8–10 ┄┄┄▶║
                          │   5–10 = #2–#3  recv(4, 100) = 6 "xxxxxx"
                          │◀┄┄┄┄ #1 0–1 ┄┄┄╢        send(4, "xx") = 2
 ✗ send(3, "xxxxxxxx") = -1 EPIPE          ║
 ! recv(3, 100) = 0 (cut) │                ║
"""

TIMED = """\
  +0.021 000                                  │                   █        recv(4, 100) ... blocked
  +0.030 000  send(3, "xxxxx") = 5            ├┄ #1 · 5 B · 0–4 ┄▶█
  +0.121 000                                  │     0–4 = #1  recv(4, 100) = 5 "xxxxx" after 100 ms
  +0.130 000  send(3, "xxx") = 3              ├┄ #2 · 3 B · 5–7 ┄▶║
  +0.131 000  send(3, "xxx") = 3              ├┄┄┄┄ #3 8–10 ┄┄┄┄┄▶║
  +0.132 010                                  │      5–10 = #2–#3 ║       recv(4, 100) = 6 "xxxxxx"
  +0.133 000                                  │◀┄ #1 · 2 B · 0–1 ┄╢               send(4, "xx") = 2
  +0.134 000  ✗ send(3, "xxxxxxxx") = -1 EPIPE                    ║
  +0.135 010  ! recv(3, 100) = 0 (cut)        │                   ║
"""


def conversation() -> Session:
    """A connection with three sends, two receives and two failures."""
    session = connected()
    session.wait("server", "recv", t=21, sock=3, fd=4, args=(100, "0"))
    session.send(5, t=30)
    session.recv(5, t=21, duration=100 * MS)
    session.send(3, t=130)
    session.send(3, t=131)
    session.recv(6, t=132)
    session.send(2, t=133, sock=3)
    session.send(8, t=134, result=None, error="EPIPE")
    session.recv(0, t=135, sock=2, cut=True)
    return session


def test_a_connection_in_little_room() -> None:
    assert "\n".join(picture(conversation())) + "\n" == CONVERSATION


def test_with_more_room_the_time_is_told() -> None:
    assert "\n".join(picture(conversation(), PROGRAMS, 100)[-9:]) + "\n" == TIMED


def test_more_lanes_have_their_calls_beside_their_lifelines() -> None:
    lanes = of_programs(["client", "idle", "server"], ["server"], most=4)
    lines = picture(conversation(), lanes, 80)
    assert lines[5].startswith(" │ connect(3, 127.0.0.1:8080) = 0      │     ")
    assert lines[6].startswith(" ├ ◇ 3 (SYN_SENT) ┄┄┄")
    assert lines[6].endswith("┄┄▶║")
    assert lines[7].startswith(" │◀┄┄┄")
    assert lines[7].endswith(" SYN,ACK ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄ ◇ :41822 (SYN_RECV) ╢")
    assert lines[-4].endswith('5–10 = #2–#3  recv(4, 100) = 6 "xxxxxx" ║')


def test_one_lane() -> None:
    lines = picture(conversation(), of_programs(["main"], [], 4), 60)
    assert lines[0] == " │ socket(AF_INET, SOCK_STREAM, 0) = 3"


def test_the_names_stand_above_the_lines() -> None:
    def heads(lanes: Lanes, width: int) -> str:
        return "".join(text for text, _style in head_line(grid(lanes, width, width_of)))

    named = of_connection(
        Head("client 3", "left", "127.0.0.1:41822"), Head("server 4", "right", "[::1]:80"), (), ()
    )
    assert heads(named, 60) == " client 3  127.0.0.1:41822               [::1]:80  server 4"
    assert heads(named, 30) == " client 3            server 4"
    three = of_programs(["a", "a very long name indeed", "server"], ["server"], 4)
    assert heads(three, 60) == " a                           a very long n…          server"


def test_how_many_lanes_there_is_room_for() -> None:
    assert [most_lanes(width) for width in (20, 70, 80, 120, 200)] == [2, 3, 4, 5, 8]


def test_the_signs_are_explained() -> None:
    text = "".join(text for text, _style in legend(70))
    assert text == "┄ inferred from the calls  ◆ state seen  ◇ inferred  █ blocked"
    assert "second send, bytes 5 to 7" in "".join(text for text, _style in legend(119))


@pytest.mark.parametrize(
    ("t", "said"),
    [
        (0, "+0.000 000"),
        (1_234_567_899, "+1.234 567"),
        (-5_000, "-0.000 005"),
        (86_400_123_000_000, "+86400.123"),
        (10**17, "+100000000"),
        (10**30, "+…"),
    ],
)
def test_times(t: int, said: str) -> None:
    assert time_text(t, 0) == said


# Where there is little room


def forms(row: Row, single: bool = False) -> list[str]:
    """What the row says in less and less room."""
    found = dict.fromkeys(row_text(row, room, width_of, single) for room in range(90, 8, -1))
    return list(found)


def test_a_call_gives_up_its_data_and_its_arguments_before_its_result() -> None:
    session = connected()
    session.recv(9, t=30, data=b"AAABBBCCC")
    said = forms(ladder(session)[-1])
    assert said[0] == 'recv(4, 100) = 9 "AAABBBCCC"'
    assert 'recv(4, 100) = 9 "AAAB"...' in said
    assert "recv(4, …) = 9" in said
    assert all("= 9" in text for text in said if width_of(text) >= 8 and "…" not in text[-1])


def test_a_blocked_call_says_how_long_it_took() -> None:
    session = connected()
    session.wait("server", "recv", t=30, sock=3, fd=4, args=(100, "0"))
    session.recv(5, t=30, duration=1200 * MS, data=b"hello")
    wait, call = ladder(session)[-2:]
    assert forms(wait)[0] == "recv(4, 100) ... blocked"
    assert forms(call)[:2] == [
        'recv(4, 100) = 5 "hello" after 1.20 s',
        'recv = 5 "hello" after 1.20 s',
    ]


def test_failures_are_marked() -> None:
    session = connected()
    session.send(5, t=30, result=None, error="EPIPE")
    session.recv(0, t=31, result=None, error="EAGAIN")
    failed, not_yet = ladder(session)[-2:]
    assert forms(failed)[0].startswith("✗ send(")
    assert "✗ send = -1 EPIPE" in forms(failed)
    assert forms(not_yet)[0] == "! recv(4, 100) = -1 EAGAIN"


def test_states_seen_and_inferred_differ() -> None:
    syn_sent, _syn_recv, established = ladder(connected())[6:9]
    assert row_text(syn_sent, 40, width_of) == "◇ (SYN_SENT)"
    assert row_text(established, 40, width_of) == "◆ ESTABLISHED"
    assert row_text(established, 40, width_of, single=False) == "◆ 3 ESTABLISHED"
    styles = [
        style for text, style in row_line(syn_sent, grid(CONNECTION, 70, width_of)) if "◇" in text
    ]
    assert styles == ["dim"]


def test_wide_characters_take_two_cells() -> None:
    session = connected()
    session.send(6, t=30, data="굵게".encode())
    line = picture(session)[-1]
    assert line.startswith(' send(3, "굵게") = 6')
    assert width_of(line) == 70 - 26
    assert cut("굵게", 3, width_of) == "굵…"
    assert cut("굵게", 0, width_of) == ""
    assert width_of("e\u0301") == 1


@given(
    st.lists(any_event, max_size=24),
    st.integers(12, 160),
    st.integers(1, 5),
)
def test_no_line_is_wider_than_there_is_room(some: list[AnyEvent], width: int, most: int) -> None:
    session = Session()
    events = [event for event in some if type(event) in {*SHOWN, Frame, Fate}]
    for event in events:
        session.tell(event)
    programs = of_programs([event.program or "" for event in events], [], most)
    for lanes in (programs, CONNECTION):
        where = grid(lanes, width, width_of)
        for row in rows(in_order(session.events), Moment(), lanes):
            text = "".join(text for text, _style in row_line(row, where))
            assert text.isprintable()
            assert width_of(text) <= max(width, 24)
        assert width_of("".join(text for text, _style in head_line(where))) <= max(width, 24)
