"""Selections find what a plain look at every event finds, in whatever steps they are made."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from socklab.events import AnyEvent, Call, Gauge, Note, State, Wait
from socklab.journal import Excerpt, Filter, Journal, Selection
from socklab.journal import columns as columns_module
from socklab.journal import selection as selection_module
from tests.journal.samples import call, fill, mixed, recorded


def rendering(event: AnyEvent) -> str:
    return f"{type(event).__name__} {getattr(event, 'name', '')} {event.n}"


FILTERS = {
    "all": Filter(),
    "types": Filter(types=frozenset([Gauge, Wait])),
    "no type": Filter(types=frozenset()),
    "program": Filter(programs=frozenset(["server"])),
    "calls": Filter(calls=frozenset(["accept", "recv"])),
    "errors": Filter(errors_only=True),
    "socket": Filter(socks=frozenset([3])),
    "accepted socket": Filter(socks=frozenset([1025, 5]), types=frozenset([Call])),
    "socket and listener": Filter(socks=frozenset([1025]), listeners=frozenset([3])),
    "text": Filter(text="RECV"),
    "text and more": Filter(text="7", programs=frozenset(["client"]), errors_only=True),
    "no such text": Filter(text="nowhere"),
}
every_filter = pytest.mark.parametrize("criteria", FILTERS.values(), ids=FILTERS.keys())


def matches(criteria: Filter, event: AnyEvent) -> bool:
    """The meaning of a filter, said once more and slowly."""
    name = getattr(event, "name", None)
    failed = getattr(event, "error", None) is not None
    wrong = isinstance(event, Note) and event.level == "error"
    socks = {getattr(event, "sock", None), getattr(event, "new_sock", None)}
    return (
        (criteria.types is None or type(event) in criteria.types)
        and (criteria.programs is None or event.program in criteria.programs)
        and (criteria.calls is None or name in criteria.calls)
        and (criteria.socks is None or bool(socks & criteria.socks) or listens(criteria, event))
        and (not criteria.errors_only or failed or wrong)
        and criteria.text.casefold() in rendering(event).casefold()
    )


def listens(criteria: Filter, event: AnyEvent) -> bool:
    made = isinstance(event, State) or getattr(event, "name", "") in ("bind", "listen", "close")
    return made and getattr(event, "sock", None) in criteria.listeners


def plainly(criteria: Filter, events: list[AnyEvent]) -> list[int]:
    return [event.n for event in events if matches(criteria, event)]


def finish(selection: Selection) -> list[int]:
    while not selection.extend_back(0):
        pass
    while not selection.extend(0):
        pass
    return list(selection)


@every_filter
def test_every_filter_finds_what_matches(criteria: Filter) -> None:
    journal = Journal.create()
    events = fill(journal, 2_000)
    selection = Selection(journal, criteria, rendering)
    events += fill(journal, 10)
    assert finish(selection) == plainly(criteria, events)
    assert selection.complete


@every_filter
@pytest.mark.usefixtures("small_memory")
def test_the_same_from_a_file(path: Path, criteria: Filter) -> None:
    events = recorded(path, 2_000)
    journal = Journal.open(path)
    assert journal.wait_indexed(60)
    assert finish(Selection(journal, criteria, rendering)) == plainly(criteria, events)
    journal.close()


@settings(deadline=None)
@given(
    criteria=st.sampled_from(list(FILTERS.values())),
    steps=st.lists(st.sampled_from(["back", "on", "append"]), max_size=30),
    before=st.integers(0, 400),
)
def test_in_any_order_of_steps(criteria: Filter, steps: list[str], before: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(selection_module, "STEP", 64)
        patch.setattr(selection_module, "BLOCK", 32)
        patch.setattr(columns_module, "SPAN", 16)
        journal = Journal.create()
        source = iter(list(mixed(2_000)))
        events = [next(source) for _ in range(before)]
        for event in events:
            journal.append(event)
        selection = Selection(journal, criteria, rendering)
        for step in steps:
            if step == "back":
                selection.extend_back(0)
            elif step == "on":
                selection.extend(0)
            else:
                events += [next(source) for _ in range(40)]
                for event in events[-40:]:
                    journal.append(event)
            found = list(selection)
            assert found == [n for n in plainly(criteria, events) if n in found]
            assert sorted(found) == found
        assert finish(selection) == plainly(criteria, events)


@every_filter
@pytest.mark.parametrize("rare", [True, False], ids=["rare", "one after the other"])
def test_what_comes_in_stretches(
    criteria: Filter, rare: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns_module, "SPAN", 64)
    events: list[AnyEvent] = []
    for stretch in range(12):
        events += [Note(t=0, text="quiet") for _ in range(300)]
        events += [call(i, sock=stretch, error=None) for i in range(2 if rare else 300)]
        events += mixed(20) if stretch % 4 == 3 else []
    journal = Journal.create()
    for event in events:
        journal.append(event)
    assert finish(Selection(journal, criteria, rendering)) == plainly(criteria, events)
    selection = Selection(journal, criteria, rendering)
    found = [n for start in range(0, len(events), 70) for n in selection.among(start, start + 70)]
    assert found == plainly(criteria, events)


def test_the_newest_page_comes_first() -> None:
    journal = Journal.create()
    for i in range(100_000):
        journal.append(call(i))
    selection = Selection(journal, Filter(errors_only=True))
    assert not selection.extend_back(60, rows=40)
    assert 40 <= len(selection) < 10_000
    assert selection[-1] == 99_999
    assert not selection.complete


def test_it_tells_how_far_behind_it_is() -> None:
    journal = Journal.create()
    selection = Selection(journal, Filter())
    fill(journal, 10_000)
    assert len(journal) - selection.behind == 0
    selection.extend(0)
    assert 0 < len(selection) == len(journal) - selection.behind
    finish(selection)
    assert (len(selection), selection.behind) == (len(journal), 0)


def test_an_index_less_older_stays_the_same() -> None:
    journal = Journal.create()
    fill(journal, 40_000)
    selection = Selection(journal, Filter(programs=frozenset(["server"])))
    selection.extend_back(0)
    place = 100 - selection.older
    number = selection[100]
    finish(selection)
    assert selection[place + selection.older] == number


def test_finding_the_place_of_an_event() -> None:
    journal = Journal.create()
    for i in range(100):
        journal.append(call(i))
    selection = Selection(journal, Filter(errors_only=True))
    finish(selection)
    assert list(selection) == list(range(9, 100, 10))
    assert selection.index(29) == 2
    assert selection.index(30) == 3
    assert selection.index(1_000) == len(selection)
    assert selection[-1] == 99
    for wrong in (10, -11):
        with pytest.raises(IndexError):
            selection[wrong]


def test_a_test_has_the_last_word() -> None:
    journal = Journal.create()
    events = fill(journal, 2_000)
    criteria = Filter(types=frozenset([Call]))
    asked: list[int] = []

    def is_third(event: AnyEvent) -> bool:
        asked.append(event.n)
        return event.n % 3 == 0

    selection = Selection(journal, criteria, test=is_third)
    events += fill(journal, 10)
    assert finish(selection) == [n for n in plainly(criteria, events) if n % 3 == 0]
    assert sorted(asked) == plainly(criteria, events)


def test_a_text_needs_a_rendering() -> None:
    with pytest.raises(ValueError, match="rendering"):
        Selection(Journal.create(), Filter(text="x"))


def test_only_what_meets_the_rest_is_rendered() -> None:
    journal = Journal.create()
    events = fill(journal, 1_000)
    rendered: list[AnyEvent] = []

    def render(event: AnyEvent) -> str:
        rendered.append(event)
        return ""

    finish(Selection(journal, Filter(errors_only=True, text="x"), render))
    assert sorted(event.n for event in rendered) == plainly(Filter(errors_only=True), events)


def test_what_the_journal_drops_leaves_the_selection() -> None:
    journal = Journal.create(keep=1_000)
    for i in range(500):
        journal.append(call(i))
    everything, later = Selection(journal, Filter()), Selection(journal, Filter())
    finish(everything)
    for i in range(20_000):
        journal.append(call(i))
    kept = list(range(journal.first, 20_500))
    assert finish(everything) == kept
    assert finish(later) == kept
    for i in range(20_000):
        journal.append(call(i))
    assert finish(everything) == list(range(journal.first, 40_500))


def test_of_a_listener_only_what_made_it_listen() -> None:
    journal = Journal.create()
    names = ("socket", "bind", "listen", "accept", "getsockname", "close")
    for number, name in enumerate(names):
        journal.append(call(number, name=name, sock=1, error=None))
    journal.append(call(9, name="accept", sock=1, error=None, new_sock=2))
    journal.append(call(9, name="recv", sock=2, error=None))
    criteria = Filter(socks=frozenset([2]), listeners=frozenset([1]))
    assert finish(Selection(journal, criteria)) == [0, 1, 2, 5, 6, 7]


@pytest.mark.usefixtures("small_memory")
@pytest.mark.parametrize("opened", [True, False], ids=["opened", "being recorded"])
def test_chosen_events_are_read_wherever_they_are(path: Path, opened: bool) -> None:
    journal = Journal.create(path)
    events = fill(journal, 3000)
    journal.flush()
    if opened:
        journal.close()
        journal = Journal.open(path)
        journal.wait_indexed()
    size = len(events)
    chosen = [[], [5], [7, 8, 10], [0, 1500, size - 1], list(range(0, size, 3)), [2999, size, 9999]]
    for numbers in chosen:
        wanted = [events[n] for n in numbers if n < size]
        assert journal.pick(numbers) == wanted
        assert Excerpt(journal, 1000).pick(numbers) == [one for one in wanted if one.n < 1000]
    assert journal.pick(range(10, 20)) == events[10:20]
    journal.close()


def test_of_chosen_events_those_that_cannot_be_read_are_notes(path: Path) -> None:
    made = Journal.create(path)
    for n in range(600):
        made.append(Note(t=n, text=f"note {n}"))
    made.close()
    lines = path.read_bytes().splitlines(keepends=True)
    lines[1 + 300] = lines[1 + 300].replace(b'"note 300"', b"300")
    path.write_bytes(b"".join(lines))
    journal = Journal.open(path)
    journal.wait_indexed()
    texts = [event.text for event in journal.pick([0, 299, 300, 301]) if isinstance(event, Note)]
    assert texts[:2] == ["note 0", "note 299"]
    assert "damaged" in texts[2]
    assert texts[3] == "note 301"
    path.write_bytes(b"".join(lines[:200]))  # somebody cuts it off
    again = journal.pick([100, 190, 290])
    assert [event.n for event in again] == [100, 190, 290]
    assert isinstance(again[2], Note)
    assert "read" in again[2].text
    journal.close()
