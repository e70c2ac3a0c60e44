"""A recording as a row of cells: times, marks, and the scale below."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.events import AnyEvent, Call, Note, State
from socklab.journal import Journal, Times
from socklab.ui.landmarks import Landmarks
from socklab.ui.panes.timeline_bar import Bar, elapsed_text
from socklab.ui.playback import Scale

SECOND = 1_000_000_000
BEGIN = 1_790_000_000 * SECOND
WIDTHS = st.integers(1, 130)


def note(t: int) -> AnyEvent:
    return Note(t=BEGIN + t, text="now")


def state(t: int) -> AnyEvent:
    return State(t=BEGIN + t, sock=1, old="CLOSE", new="LISTEN", source="kernel")


def failed(t: int, error: str = "ECONNREFUSED") -> AnyEvent:
    return Call(t=BEGIN + t, name="connect", error=error)


def shown(events: list[AnyEvent], width: int, *, brief: bool = False) -> tuple[Bar, Landmarks]:
    journal = Journal.create()
    for event in events:
        journal.append(event)
    times = Times(journal)
    assert times.advance(60)
    landmarks = Landmarks(journal)
    assert landmarks.advance(60)
    return Bar(times, Scale(times, brief=brief), width), landmarks


def marks(events: list[AnyEvent], width: int) -> str:
    bar, landmarks = shown(events, width)
    return "".join({"": ".", "state": "s", "error": "e"}[mark] for mark in bar.marks(landmarks))


def test_the_bar_goes_from_the_first_event_to_the_last() -> None:
    bar, _landmarks = shown([note(0), note(SECOND), note(10 * SECOND)], 11)
    assert [bar.cell(BEGIN + t * SECOND) for t in (-5, 0, 1, 5, 10, 99)] == [0, 0, 1, 5, 10, 10]
    assert [bar.time(cell) - BEGIN for cell in (0, 1, 10)] == [0, SECOND, 10 * SECOND]


def test_marks_stand_where_things_happened_and_an_error_counts_for_more() -> None:
    told = [note(0), state(2), state(4), failed(4), failed(6), state(6), note(10)]
    assert marks(told, 11) == "..s.e.e...."


def test_that_a_socket_would_block_is_no_error() -> None:
    assert marks([note(0), failed(2, "EAGAIN"), failed(4, "EINPROGRESS"), note(10)], 11) == "." * 11


@pytest.mark.parametrize("width", [1, 2, 80])
def test_a_recording_of_a_moment_is_all_in_the_last_cell(width: int) -> None:
    assert marks([failed(0)], width) == "." * (width - 1) + "e"
    assert marks([], width) == "." * width


moments = st.lists(
    st.tuples(st.integers(0, 5 * SECOND), st.sampled_from([note, state, failed])), max_size=40
)


@given(moments, WIDTHS, st.booleans())
def test_every_event_is_in_the_cell_of_its_time(
    told: list[tuple[int, object]], width: int, brief: bool
) -> None:
    events = [make(t) for t, make in sorted(told, key=lambda one: one[0])]  # type: ignore[operator]
    bar, landmarks = shown(events, width, brief=brief)
    cells = [bar.events(cell) for cell in range(width)]
    assert [n for cell in cells for n in cell] == list(range(len(events)))
    if not events:
        return
    found = bar.marks(landmarks)
    for cell, numbers in enumerate(cells):
        kinds = {type(events[n]) for n in numbers}
        expected = "error" if Call in kinds else "state" if State in kinds else ""
        assert found[cell] == expected
        assert all(bar.cell(events[n].t) == cell for n in numbers)


@given(moments, WIDTHS)
def test_a_cell_s_time_is_in_that_cell(told: list[tuple[int, object]], width: int) -> None:
    events = [make(t) for t, make in sorted(told, key=lambda one: one[0])]  # type: ignore[operator]
    bar, _landmarks = shown(events, width)
    times = [bar.time(cell) for cell in range(width)]
    assert times == sorted(times)
    if events and events[-1].t - events[0].t > 2 * width:
        assert [bar.cell(t) for t in times[:-1]] == list(range(width - 1))


@given(st.integers(0, 400 * 86_400 * SECOND), WIDTHS)
def test_labels_stand_apart_and_within_the_bar(length: int, width: int) -> None:
    bar, _landmarks = shown([note(0), note(length)], width)
    end = -1
    for cell, label in bar.ticks():
        assert cell > end
        end = cell + len(label)
        assert end <= width


@pytest.mark.parametrize(
    ("length", "labels"),
    [
        (40 * SECOND, ["0", "0:10", "0:20", "0:30"]),
        (3_000_000, ["0", "500 µs", "1.0 ms", "1.5 ms", "2.0 ms", "2.5 ms"]),
        (7_200 * SECOND, ["0", "30:00", "1:00:00", "1:30:00"]),
    ],
)
def test_labels_are_round(length: int, labels: list[str]) -> None:
    bar, _landmarks = shown([note(0), note(length)], 80)
    assert [label for _cell, label in bar.ticks()][: len(labels)] == labels


def test_a_pause_that_is_cut_takes_little_of_the_bar() -> None:
    events = [note(0), note(SECOND), note(100 * SECOND), note(101 * SECOND)]
    assert shown(events, 101)[0].cell(BEGIN + SECOND) == 1
    assert shown(events, 101, brief=True)[0].cell(BEGIN + SECOND) == 25


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0:00.000"),
        (12_345_999_999, "0:12.345"),
        (62 * SECOND, "1:02.000"),
        (3_723_456_000_000, "1:02:03.456"),
    ],
)
def test_elapsed_time(ns: int, text: str) -> None:
    assert elapsed_text(ns) == text
