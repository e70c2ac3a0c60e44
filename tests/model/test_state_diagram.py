"""The state diagram: that it agrees with the table, that it can be read, that it shows the way."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.events import Source, State
from socklab.model.state_diagram import Ink, draw, events, sends, text
from socklab.model.state_forms import FORMS, LARGE, MEDIUM, SMALL, Box, Form, Line
from socklab.model.tcp_machine import MOVES, Move, moves
from socklab.model.tcp_states import TcpState
from socklab.model.walks import Walk

FIGURE_5 = [
    ("CLOSE", "LISTEN"),
    ("CLOSE", "SYN_SENT"),
    ("LISTEN", "CLOSE"),
    ("LISTEN", "SYN_RECV"),
    ("LISTEN", "SYN_SENT"),
    ("SYN_RECV", "LISTEN"),
    ("SYN_SENT", "CLOSE"),
    ("SYN_SENT", "SYN_RECV"),
    ("SYN_SENT", "ESTABLISHED"),
    ("SYN_RECV", "ESTABLISHED"),
    ("SYN_RECV", "FIN_WAIT1"),
    ("ESTABLISHED", "FIN_WAIT1"),
    ("ESTABLISHED", "CLOSE_WAIT"),
    ("FIN_WAIT1", "FIN_WAIT2"),
    ("FIN_WAIT1", "CLOSING"),
    ("FIN_WAIT1", "TIME_WAIT"),  # its note 2
    ("FIN_WAIT2", "TIME_WAIT"),
    ("CLOSING", "TIME_WAIT"),
    ("CLOSE_WAIT", "LAST_ACK"),
    ("LAST_ACK", "CLOSE"),
    ("TIME_WAIT", "CLOSE"),
]
"""The arrows of RFC 9293, figure 5."""

CLIENT = ("CLOSE", "SYN_SENT", "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT")
SERVER = ("LISTEN", "SYN_RECV", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "CLOSE")
AT_ONCE = ("CLOSE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT1", "CLOSING", "TIME_WAIT")

every_form = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)


def walk(*states: str, inferred: int = 0) -> Walk:
    """A walk through `states`; the first `inferred` steps were seen by nobody."""
    made = Walk(2)
    for n, (old, new) in enumerate(pairwise(states)):
        source: Source = "call" if n < inferred else "kernel"
        made.add(State(n=n, t=n, sock=2, old=old, new=new, source=source))
    return made


def cells(line: Line) -> list[tuple[int, int]]:
    """Where a line runs."""
    found = [line.corners[0]]
    for (x, y), (to_x, to_y) in pairwise(line.corners):
        assert x == to_x or y == to_y, "lines run along rows and columns"
        while (x, y) != (to_x, to_y):
            x, y = x + (to_x > x) - (to_x < x), y + (to_y > y) - (to_y < y)
            found.append((x, y))
    return found


def area(box: Box, form: Form) -> set[tuple[int, int]]:
    rows = range(box.y, box.y + form.box_height)
    return {(x, y) for x in range(box.x, box.x + box.width) for y in rows}


def beside(point: tuple[int, int], direction: str, by: int) -> tuple[int, int]:
    x, y = point
    dx, dy = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}[direction]
    return x + by * dx, y + by * dy


# It agrees with the table


@every_form
def test_every_line_is_a_move_of_the_table(form: Form) -> None:
    assert all(moves(line.old, line.new) for line in form.lines)


def test_every_move_of_the_figure_is_drawn() -> None:
    assert sorted((line.old, line.new) for line in LARGE.lines) == sorted(FIGURE_5)


@pytest.mark.parametrize("form", [MEDIUM, SMALL], ids=lambda form: form.name)
def test_the_smaller_forms_leave_out_only_what_linux_never_does(form: Form) -> None:
    drawn = {(line.old, line.new) for line in form.lines}
    left_out = [pair for pair in FIGURE_5 if pair not in drawn]
    assert drawn <= set(FIGURE_5)
    assert all(row.only == "RFC 9293" for pair in left_out for row in moves(*pair))


@every_form
def test_every_state_has_a_box_and_close_has_two(form: Form) -> None:
    boxes = Counter(box.state for box in form.boxes)
    assert boxes == {state: 2 if state == "CLOSE" else 1 for state in TcpState}
    assert [box.state for box in form.boxes if box.end] == ["CLOSE"]


# It can be read


@every_form
def test_lines_lead_from_box_to_box_and_cross_nothing(form: Form) -> None:
    boxes = {cell for box in form.boxes for cell in area(box, form)}
    taken: Counter[tuple[int, int]] = Counter()
    for line in form.lines:
        way = cells(line)
        taken.update(set(way))
        assert not boxes & set(way)
        start = {cell for box in form.boxes if box.state == line.old for cell in area(box, form)}
        stop = {cell for box in form.boxes if box.state == line.new for cell in area(box, form)}
        assert beside(way[0], line.leaves, -1) in start
        assert beside(way[-1], line.arrives, 1) in stop
    assert not [cell for cell, count in taken.items() if count > 1]
    assert all(0 <= x < form.width and 0 <= y < form.height for x, y in [*taken, *boxes])


@every_form
def test_words_stand_on_no_box_and_on_no_line_but_their_own(form: Form) -> None:
    boxes = {cell for box in form.boxes for cell in area(box, form)}
    words: Counter[tuple[int, int]] = Counter()
    for line in form.lines:
        others = {cell for other in form.lines if other != line for cell in cells(other)}
        # An arrow without its head leads nowhere.
        others.add(cells(line)[-1])
        for slot in line.slots:
            room = {(slot.x + at, slot.y) for at in range(slot.width)}
            words.update(room)
            assert not room & (boxes | others), (line.old, line.new, slot)
            assert slot.x + slot.width <= form.width
    assert not [cell for cell, count in words.items() if count > 1]


@every_form
def test_it_has_the_size_that_it_says(form: Form) -> None:
    for opener, other in ((None, None), (walk(*CLIENT), walk(*SERVER)), (walk(*AT_ONCE), None)):
        rows = draw(form, opener, other)
        assert len(rows) == form.height
        assert {sum(len(run) for run, _ink in row) for row in rows} == {form.width}


def test_the_figure_says_what_leads_where_and_what_goes_out() -> None:
    drawn = text(draw(LARGE, None))
    for words in ("connect", "listen", "rcv SYN", "rcv ACK of SYN", "rcv FIN", "rcv ACK of FIN"):
        assert words in drawn
    for words in ("snd SYN", "snd SYN,ACK", "snd ACK", "snd FIN", "timeout", "not on Linux"):
        assert words in drawn


def test_words_come_from_the_table() -> None:
    assert events("ESTABLISHED", "FIN_WAIT1") == ["close, shutdown", "close"]
    assert events("LISTEN", "SYN_RECV") == ["rcv SYN", "SYN"]
    assert (sends("LISTEN", "SYN_RECV"), sends("LAST_ACK", "CLOSE")) == ("snd SYN,ACK", "")
    assert (events("CLOSE", "CLOSING"), sends("CLOSE", "CLOSING")) == ([], "")


# It shows the way


def inks(form: Form, opener: Walk | None, other: Walk | None) -> set[Ink]:
    return {ink for row in draw(form, opener, other) for run, ink in row if run.strip()}


@every_form
def test_nobody_walks(form: Form) -> None:
    drawn = text(draw(form, None, None))
    assert inks(form, None, None) == {Ink.FAINT}
    assert not set(drawn) & set("━┃═║▲▼◀▶●◆○◇✗")


@every_form
def test_the_opener_has_solid_lines_and_the_other_end_double_ones(form: Form) -> None:
    alone = text(draw(form, walk(*CLIENT), None))
    assert set(alone) & set("━┃●")
    assert not set(alone) & set("═║◆")
    other = text(draw(form, None, walk(*SERVER)))
    assert set(other) & set("═║◆")
    assert not set(other) & set("━┃●")
    both = draw(form, walk(*CLIENT), walk(*SERVER))
    assert {Ink.OPENER, Ink.OTHER, Ink.OPENER_HERE, Ink.OTHER_HERE} <= {
        ink for row in both for _run, ink in row
    }


@every_form
def test_every_step_is_numbered_at_its_line(form: Form) -> None:
    drawn = text(draw(form, walk(*CLIENT), walk(*SERVER, inferred=1)))
    for number in range(1, 6):
        assert f"●{number}" in drawn
    assert "◇1" in drawn
    assert "◆1" not in drawn
    assert all(f"◆{number}" in drawn for number in range(2, 6))


@every_form
def test_the_state_of_now_stands_out(form: Form) -> None:
    rows = draw(form, walk(*CLIENT), walk(*SERVER))
    here = {ink: run for row in rows for run, ink in row if ink.endswith("-here")}
    assert here[Ink.OPENER_HERE].split() == ["●", "TIME_WAIT"]
    assert here[Ink.OTHER_HERE].split() == ["CLOSE", "◆"]


@every_form
def test_both_in_one_state(form: Form) -> None:
    rows = draw(form, walk(*CLIENT[:3]), walk(*SERVER[:3]))
    (here,) = [run for row in rows for run, ink in row if ink.endswith("-here")]
    assert here == "●ESTABLISHED◆"


@every_form
def test_both_on_one_way_are_both_shown(form: Form) -> None:
    drawn = text(draw(form, walk(*AT_ONCE), walk(*AT_ONCE)))
    assert "━═━" in drawn
    assert "●2◆2" in drawn
    assert "● TIME_WAIT ◆" in drawn


def test_what_nobody_saw_is_broken() -> None:
    seen = text(draw(LARGE, walk("CLOSE", "SYN_SENT")))
    inferred = text(draw(LARGE, walk("CLOSE", "SYN_SENT", inferred=1)))
    assert "━━━━" in seen.splitlines()[1]
    assert "━ ━ ━ " in inferred.splitlines()[1]
    assert "○1" in inferred


@every_form
def test_what_was_seen_once_is_no_longer_inferred(form: Form) -> None:
    again = walk("CLOSE", "SYN_SENT", "CLOSE", "SYN_SENT", inferred=1)
    assert "●1,3" in text(draw(form, again))


@every_form
def test_a_reset_is_marked_where_it_struck(form: Form) -> None:
    drawn = draw(form, walk("CLOSE", "SYN_SENT", "ESTABLISHED", "CLOSE"), None)
    assert "✗ESTABLISHED" in text(drawn)
    bottom = text(drawn[-form.box_height :])
    assert "● " in bottom
    assert text(drawn).count("●  CLOSE") == 1


@every_form
def test_a_refused_connection_is_back_at_the_top(form: Form) -> None:
    rows = draw(form, walk("CLOSE", "SYN_SENT", "CLOSE"), None)
    top = text(rows[: form.box_height])
    assert "●" in top
    assert "✗" not in text(rows)


@every_form
def test_of_many_tries_the_last_are_numbered(form: Form) -> None:
    many = walk(*["CLOSE", "SYN_SENT"] * 200, "CLOSE")
    drawn = text(draw(form, many))
    assert "399" in drawn
    assert "…" in drawn


@every_form
def test_a_new_socket_is_in_close(form: Form) -> None:
    rows = draw(form, Walk(2))
    (here,) = [run for row in rows for run, ink in row if ink == Ink.OPENER_HERE]
    assert here.split() == ["●", "CLOSE"]


def test_a_change_that_the_machine_doesnt_know_lights_the_states_alone() -> None:
    drawn = text(draw(SMALL, walk("CLOSE", "ESTABLISHED")))
    assert "●ESTABLISHED" in drawn
    assert not set(drawn) & set("━▶▼")


@given(
    st.sampled_from(FORMS),
    st.lists(st.sampled_from(MOVES), max_size=20),
    st.lists(st.sampled_from(MOVES), max_size=20),
    st.integers(0, 20),
)
def test_any_walk_can_be_drawn(form: Form, one: list[Move], two: list[Move], inferred: int) -> None:
    walks = []
    for rows in (one, two):
        made = Walk(2)
        for n, row in enumerate(rows):
            source: Source = "call" if n < inferred else "kernel"
            made.add(State(n=n, t=n, sock=2, old=row.old, new=row.new, source=source))
        walks.append(made)
    drawn = draw(form, *walks)
    assert {sum(len(run) for run, _ink in row) for row in drawn} == {form.width}
    assert all(line.isprintable() for line in text(drawn).splitlines())
