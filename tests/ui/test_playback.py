"""Playing: how time passes at each speed, with pauses and without them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from socklab.events import Note
from socklab.journal import Journal, Times
from socklab.journal.times import LONG
from socklab.ui.playback import AS_RECORDED, SPEEDS, Playback, Scale

SECOND = 1_000_000_000
BEGIN = 1_790_000_000 * SECOND


def times_of(*at: int) -> Times:
    """The times of a recording with events so long (ns) after its beginning."""
    journal = Journal.create()
    for t in at:
        journal.append(Note(t=BEGIN + t, text="now"))
    times = Times(journal)
    assert times.advance(60)
    return times


gaps = st.lists(st.integers(0, 20 * SECOND), max_size=12)


@given(gaps, st.booleans())
def test_the_scale_leads_to_a_time_and_back(between: list[int], brief: bool) -> None:
    times = times_of(*(sum(between[:count]) for count in range(len(between) + 1)))
    scale = Scale(times, brief=brief)
    expected = sum(min(gap, LONG) if brief else gap for gap in between)
    assert scale.length == scale.passed(times.end) == expected
    for passed in (0, expected // 3, expected // 2, expected):
        assert scale.passed(scale.time(passed)) == passed


@given(gaps, st.booleans(), st.lists(st.integers(0, 240 * SECOND), min_size=2, max_size=9))
def test_time_passes_forward_only(between: list[int], brief: bool, at: list[int]) -> None:
    times = times_of(*(sum(between[:count]) for count in range(len(between) + 1)))
    scale = Scale(times, brief=brief)
    passed = [scale.passed(BEGIN + t) for t in sorted(at)]
    assert passed == sorted(passed)


def test_pauses_that_are_found_later_are_left_out_too() -> None:
    journal = Journal.create()
    times = Times(journal)
    scale = Scale(times, brief=True)
    for count, t in enumerate((0, 10, 11, 31)):
        journal.append(Note(t=BEGIN + t * SECOND, text="now"))
        times.advance(60)
        assert scale.length == [0, 2, 3, 5][count] * SECOND


def test_as_recorded_a_second_is_a_second() -> None:
    playback = Playback(times_of(0, SECOND, 5 * SECOND, 9 * SECOND))
    assert SPEEDS[AS_RECORDED].factor == 1
    playback.play(0, BEGIN, 100.0)
    assert playback.moment(100.0) == (1, BEGIN)
    assert playback.moment(100.5) == (1, BEGIN + SECOND // 2)
    assert playback.moment(104.0) == (2, BEGIN + 4 * SECOND)
    assert playback.moment(109.0) == (4, BEGIN + 9 * SECOND)


def test_another_speed_counts_from_when_it_was_chosen() -> None:
    playback = Playback(times_of(0, 100 * SECOND))
    playback.play(0, BEGIN, 0.0)
    playback.faster(1, 10.0)
    assert playback.speed.factor == 2
    assert playback.moment(11.0)[1] == BEGIN + 12 * SECOND
    playback.faster(-2, 11.0)
    assert playback.speed.factor == 0.5
    assert playback.moment(21.0)[1] == BEGIN + 17 * SECOND


def test_there_is_a_slowest_and_a_fastest() -> None:
    playback = Playback(times_of(0))
    playback.faster(-99, 0.0)
    assert playback.speed is SPEEDS[0]
    playback.faster(99, 0.0)
    assert playback.speed is SPEEDS[-1]


def test_the_slowest_is_an_event_a_second_however_fast_they_came() -> None:
    playback = Playback(times_of(0, 5, 5, 5, 90))
    playback.faster(-99, 0.0)
    playback.play(1, BEGIN, 50.0)
    counts = [playback.moment(50.0 + seconds)[0] for seconds in (0.0, 0.9, 1.0, 2.5, 4.0)]
    assert counts == [1, 1, 2, 3, 5]
    assert playback.moment(54.0) == (5, BEGIN + 90)


def test_a_pause_can_be_cut_while_it_lasts() -> None:
    playback = Playback(times_of(0, 60 * SECOND))
    playback.play(0, BEGIN, 0.0)
    playback.cut_pauses(True, 10.0)
    assert playback.moment(10.0) == (1, BEGIN + 10 * SECOND)
    assert playback.moment(10.5) == (2, BEGIN + 60 * SECOND + SECOND // 2)
    playback.cut_pauses(False, 10.5)
    playback.play(1, BEGIN + SECOND, 10.0)
    assert playback.moment(20.0) == (1, BEGIN + 11 * SECOND)
