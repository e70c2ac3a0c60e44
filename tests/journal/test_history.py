"""Any moment of a journal is the fold of all events before it."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from socklab.events import AnyEvent, Call, Wait
from socklab.journal import History, Journal, Kind, Relevant
from socklab.journal import history as history_module
from tests.journal.samples import call, fill


class Trail:
    """Remembers the numbers of all events that it was given, in order."""

    def __init__(self, numbers: tuple[int, ...] = ()) -> None:
        self.numbers = list(numbers)

    def apply(self, event: AnyEvent) -> None:
        self.numbers.append(event.n)

    def copy(self) -> Self:
        return type(self)(tuple(self.numbers))


class Count:
    """Counts the events."""

    def __init__(self, count: int = 0) -> None:
        self.count = count

    def apply(self, event: AnyEvent) -> None:
        self.count += 1

    def copy(self) -> Self:
        return type(self)(self.count)


@settings(deadline=None)
@given(st.lists(st.integers(-5, 3_500), max_size=20), st.integers(0, 20))
def test_every_moment_in_any_order(moments: list[int], advances: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history_module, "SPACING", 300)
        patch.setattr(history_module, "MOST_COPIES", 4)
        journal = Journal.create()
        for i in range(3_000):
            journal.append(call(i))
        history = History(journal, Trail)
        for _ in range(advances):
            history.advance(0)
        for n in moments:
            assert history.at(n).numbers == list(range(max(0, min(n, 3_000))))


def test_advance_goes_in_bounded_steps_until_it_has_caught_up() -> None:
    journal = Journal.create()
    for i in range(1_000):
        journal.append(call(i))
    history = History(journal, Trail)
    ready = [history.ready]
    while not history.advance(0):
        ready.append(history.ready)
    assert ready == [0, 256, 512, 768]
    assert history.ready == 1_000
    journal.append(call(0))
    assert history.advance(0)
    assert history.at(1_001).numbers == list(range(1_001))


def test_what_it_gives_is_the_callers_to_change() -> None:
    journal = Journal.create()
    fill(journal, 100)
    history = History(journal, Trail)
    history.at(50).numbers.clear()
    assert history.at(50).numbers == list(range(50))
    assert history.at(51).numbers == list(range(51))


def test_few_events_are_applied_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal.create()
    for i in range(60_000):
        journal.append(call(i))
    applied = 0

    class Watched(Count):
        def apply(self, event: AnyEvent) -> None:
            nonlocal applied
            applied += 1
            super().apply(event)

    history = History(journal, Watched)
    while not history.advance():
        pass
    for n in range(59_999, 0, -1_733):
        applied = 0
        assert history.at(n).count == n
        assert applied < history_module.MOST_SPACING + 256


def test_copies_stay_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_module, "SPACING", 256)
    monkeypatch.setattr(history_module, "MOST_COPIES", 8)
    journal = Journal.create()
    for i in range(30_000):
        journal.append(call(i))
    history = History(journal, Count)
    while not history.advance():
        pass
    assert len(history._copies) <= 8
    assert [history.at(n).count for n in (0, 1, 12_345, 30_000)] == [0, 1, 12_345, 30_000]


@pytest.mark.usefixtures("small_memory")
def test_it_reads_what_has_left_memory(path: Path, journal: Journal) -> None:
    events = fill(journal, 3_000)
    journal.flush()
    history = History(journal, Trail)
    history.advance(60)
    assert history.at(len(events)).numbers == list(range(len(events)))
    assert history.at(1_000).numbers == list(range(1_000))


def test_dropped_events_are_skipped() -> None:
    journal = Journal.create(keep=1_000)
    for i in range(20_000):
        journal.append(call(i))
    history = History(journal, Trail)
    while not history.advance():
        pass
    assert history.at(20_000).numbers == list(range(journal.first, 20_000))


def test_heavy_copies_stay_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_module, "MOST_ENTRIES", 50_000)
    journal = Journal.create()
    for i in range(20_000):
        journal.append(call(i))
    history = History(journal, Trail, spacing=256, weigh=lambda trail: len(trail.numbers))
    while not history.advance():
        pass
    assert sum(history._weights) <= 50_000
    assert history.at(15_000).numbers == list(range(15_000))


def test_a_moment_far_from_every_copy_is_reached_step_by_step() -> None:
    journal = Journal.create()
    for i in range(20_000):
        journal.append(call(i))
    history = History(journal, Trail, spacing=1 << 20)
    while not history.advance():
        pass
    steps = 0
    while not history.reach(15_000, 0):
        steps += 1
    assert steps > 5
    assert history.reach(15_000, 0)
    assert history.at(15_000).numbers == list(range(15_000))
    assert not history.reach(12_000, 0)  # another way, given up halfway
    assert history.at(9_000).numbers == list(range(9_000))
    assert history.at(12_000).numbers == list(range(12_000))


@given(st.lists(st.integers(0, 2_000), max_size=10))
def test_what_does_not_matter_is_not_read(moments: list[int]) -> None:
    journal = Journal.create()
    events = fill(journal, 2_000)

    def matters(kind: Kind) -> bool:
        return kind.call == "accept"

    history = History(Relevant(journal, matters), Trail)
    history.advance(60)
    for n in moments:
        accepts = [event.n for event in events[:n] if getattr(event, "name", "") == "accept"]
        assert history.at(n).numbers == [
            at for at in accepts if journal.columns.kind(at).type in (Call, Wait)
        ]


def test_with_waits_comes_what_ends_them() -> None:
    journal = Journal.create()
    told: list[AnyEvent] = [
        call(0, name="recv", program="a"),
        Wait(t=0, name="recv", program="a"),
        call(1, name="recv", program="b"),
        call(2, name="recv", program="a"),
        call(3, name="send", program="a"),
    ]
    for event in told:
        journal.append(event)
    relevant = Relevant(journal, lambda kind: False, waits=True)
    assert relevant.read(0, 5) == [told[0], told[1], told[3]]
    assert Relevant(journal, lambda kind: False).read(0, 5) == []


def test_copies_as_close_as_they_are_asked_for() -> None:
    journal = Journal.create()
    for i in range(2_000):
        journal.append(call(i))
    history = History(journal, Count, spacing=256)
    while not history.advance():
        pass
    assert len(history._copies) > 1  # far fewer events than usually lie between two
    assert history.at(1_999).count == 1_999
