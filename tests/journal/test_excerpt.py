"""An excerpt: the beginning of a journal, in every respect as a journal that ends there."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.events import AnyEvent, Call, Note, State
from socklab.journal import Excerpt, Filter, History, Journal, Readable, Selection
from socklab.model.sockets import SocketTable
from tests.journal.samples import any_event, fill, mixed, recorded

FILTERS = [
    Filter(),
    Filter(errors_only=True),
    Filter(types=frozenset({State})),
    Filter(socks=frozenset({3})),
    Filter(socks=frozenset({1012, 1025})),
    Filter(programs=frozenset({"client"})),
]


def journal_of(events: list[AnyEvent]) -> Journal:
    journal = Journal.create()
    for event in events:
        journal.append(event)
    return journal


def selected(journal: Readable, criteria: Filter) -> list[int]:
    selection = Selection(journal, criteria)
    assert selection.extend_back(60)
    return list(selection)


@given(st.lists(any_event, max_size=30), st.integers(0, 40))
def test_it_says_what_a_journal_says_that_ends_there(events: list[AnyEvent], end: int) -> None:
    excerpt = Excerpt(journal_of(events), end)
    alone = journal_of(events[:end])
    assert len(excerpt) == len(alone)
    assert list(excerpt) == list(alone)
    assert excerpt.read(-3, 1 << 40) == alone.read(-3, 1 << 40)
    columns, expected = excerpt.columns, alone.columns
    assert (columns.first, columns.count) == (expected.first, expected.count)
    assert columns.programs() == expected.programs()
    assert columns.calls() == expected.calls()
    assert dict(columns.born) == expected.born
    assert columns.slice(0, 1 << 30) == expected.slice(0, 1 << 30)
    for n in range(len(alone)):
        assert columns.kind(n) == expected.kind(n)
        assert columns.sock(n) == expected.sock(n)


@pytest.mark.parametrize("criteria", FILTERS, ids=str)
def test_a_selection_finds_in_it_what_it_would_find_in_a_journal(criteria: Filter) -> None:
    events = list(mixed(600))
    excerpt = Excerpt(journal_of(events), 300)
    assert selected(excerpt, criteria) == selected(journal_of(events[:300]), criteria)


def test_a_selection_follows_it_as_it_grows() -> None:
    events = list(mixed(600))
    excerpt = Excerpt(journal_of(events), 50)
    selection = Selection(excerpt, Filter(socks=frozenset({1012, 1025, 1064})))
    selection.extend_back(60)
    for end in range(50, 601, 7):
        excerpt.extend(end)
        assert selection.extend(60)
        assert list(selection) == selected(Excerpt(excerpt.whole, end), selection.filter)


def test_a_history_ends_with_it() -> None:
    events = list(mixed(300))
    excerpt = Excerpt(journal_of(events), 100)
    history = History(excerpt, SocketTable)
    assert history.advance(60)
    whole = SocketTable()
    for event in events[:100]:
        whole.apply(event)
    assert history.ready == 100
    assert history.at(1_000).sockets == whole.sockets


def test_whoever_watches_is_told_once_of_more_events_and_not_of_more_time() -> None:
    excerpt = Excerpt(journal_of(list(mixed(20))), 5)
    told: list[int] = []
    excerpt.watch(lambda: told.append(len(excerpt)))
    excerpt.extend(5, 99)
    assert not told
    excerpt.extend(8)
    excerpt.extend(9)
    assert told == [8]


def test_it_never_gets_shorter() -> None:
    excerpt = Excerpt(journal_of(list(mixed(20))), 5)
    with pytest.raises(ValueError, match="grows"):
        excerpt.extend(4)
    assert len(excerpt) == 5


def test_its_time_is_when_its_last_event_was_over_or_what_was_said() -> None:
    journal = journal_of(
        [Note(t=10, text="first"), Call(t=20, name="recv", duration=7), Note(t=90, text="last")]
    )
    excerpt = Excerpt(journal, 0)
    assert excerpt.now() == 0
    excerpt.extend(2)
    assert excerpt.now() == 27
    excerpt.extend(2, 60)
    assert excerpt.now() == 60
    excerpt.extend(3)
    assert excerpt.now() == 90


def test_what_lies_beyond_its_end_cannot_be_had() -> None:
    excerpt = Excerpt(journal_of(list(mixed(20))), 5)
    assert excerpt[4].n == excerpt[-1].n == 4
    for n in (5, 19, -6):
        with pytest.raises(IndexError):
            excerpt[n]


def test_it_knows_no_events_that_the_journal_has_let_go_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socklab.journal.journal.SETTLE", 64)
    journal = Journal.create(keep=200)
    fill(journal, 1_000)
    excerpt = Excerpt(journal, 900)
    assert excerpt.first == journal.first > 0
    assert [event.n for event in excerpt] == list(range(journal.first, 900))
    assert Excerpt(journal, 10).now() == 0
    assert list(Excerpt(journal, 10)) == []


def test_a_journal_that_is_still_being_found_tells_those_who_watch(path: Path) -> None:
    recorded(path, 50)
    journal = Journal.open(path)
    assert journal.wait_indexed(60)
    excerpt = Excerpt(journal, 50)
    assert excerpt.indexed
    told: list[bool] = []
    journal.indexed = False
    excerpt.watch(lambda: told.append(True))
    journal._grow()  # type: ignore[attr-defined]
    assert told == [True]
    assert (excerpt.path, excerpt.damage, excerpt.lost) == (path, None, 0)
    journal.close()
