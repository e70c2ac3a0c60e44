"""When events were over: what there was at a time, and when nothing happened."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.events import AnyEvent, Call, Note
from socklab.journal import Excerpt, Journal, Times
from socklab.journal.times import LONG, over
from tests.journal.samples import any_event, mixed

SECOND = 1_000_000_000


def times_of(events: list[AnyEvent]) -> Times:
    journal = Journal.create()
    for event in events:
        journal.append(event)
    times = Times(journal)
    assert times.advance(60)
    return times


def notes(*at: int) -> list[AnyEvent]:
    return [Note(t=t, text="now") for t in at]


@given(st.lists(any_event, max_size=30))
def test_time_never_goes_back_whatever_a_journal_holds(events: list[AnyEvent]) -> None:
    times = times_of(events)
    at = [times.at(count) for count in range(len(events) + 1)]
    assert at == sorted(at)
    assert at[0] == times.begin
    assert at[-1] == times.end
    for count, t in enumerate(at):
        assert times.count(t) >= count


def test_a_call_counts_from_when_it_had_returned() -> None:
    times = times_of([*notes(10), Call(t=11, name="recv", duration=50), *notes(40)])
    assert [times.at(count) for count in (1, 2, 3)] == [10, 61, 61]
    assert [times.count(t) for t in (9, 10, 60, 61)] == [0, 1, 1, 3]


def test_an_event_without_a_time_has_that_of_the_one_before() -> None:
    times = times_of(notes(0, 50, 0, 70))
    assert (times.begin, times.end) == (50, 70)
    assert [times.at(count) for count in range(5)] == [50, 50, 50, 50, 70]


def test_what_is_longer_than_two_seconds_is_a_pause() -> None:
    times = times_of(notes(SECOND, 3 * SECOND, 8 * SECOND, 8 * SECOND))
    assert times.pauses == [(3 * SECOND + LONG, 3 * SECOND)]


def test_the_end_is_known_before_all_events_have_been_looked_at() -> None:
    journal = Journal.create()
    for event in mixed(2_000):
        journal.append(event)
    times = Times(journal)
    assert not times.advance(0.0, upto=1_000)
    assert 0 < times.ready < 1_000
    assert times.end == over(journal[-1])
    assert times.at(1_500) == max(times.begin, over(journal[1_499]))
    assert times.at(50_000) == times.end
    assert times.advance(60, upto=1_000)
    assert times.ready == 1_000


@given(st.lists(any_event, max_size=20))
def test_of_a_file_the_times_are_known_without_reading_it(events: list[AnyEvent]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "lab.jsonl"
        made = Journal.create(path)
        for event in events:
            made.append(event)
        made.close()
        journal = Journal.open(path)
        journal.wait_indexed(60)
        expected = [max(0, over(event)) for event in journal]
        assert list(journal.ended(0, len(journal))) == expected
        assert list(Excerpt(journal, 7).ended(2, 99)) == expected[2:7]
        journal.close()


def test_an_empty_journal_has_no_time() -> None:
    times = times_of([])
    assert (times.begin, times.end, times.at(0), times.at(9), times.count(5)) == (0, 0, 0, 0, 0)


def test_events_that_are_no_longer_in_memory_take_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socklab.journal.journal.SETTLE", 64)
    journal = Journal.create(keep=200)
    for event in notes(*range(1_000, 2_000)):
        journal.append(event)
    times = Times(journal)
    assert times.advance(60)
    assert times.begin == 1_000 + journal.first
    assert times.at(1) == times.begin
    assert times.at(1_000) == times.end == 1_999
