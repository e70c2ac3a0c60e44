"""The columns agree with the events, however they were filled."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import force_setattr

from socklab.events import AnyEvent, Call, Fate, Frame, Note, Verdict
from socklab.journal import Columns, Excerpt, Journal, Kind, of_frame
from socklab.journal import columns as columns_module
from socklab.journal.codec import encode, outlines
from tests.journal.samples import any_event, call, fill, recorded


def expected(event: AnyEvent) -> Kind:
    error = getattr(event, "error", None)
    if isinstance(event, Note) and event.level == "error":
        error = "error"
    verdict = getattr(event, "verdict", None)
    return Kind(type(event), event.program, getattr(event, "name", None), error or None, verdict)


def agrees(columns: Columns, events: list[AnyEvent], first: int = 0) -> bool:
    return columns.count == first + len(events) and all(
        columns.kind(n) == expected(event) and columns.sock(n) == getattr(event, "sock", None)
        for n, event in enumerate(events, first)
    )


def test_they_are_complete_up_to_the_newest_event(journal: Journal) -> None:
    events = fill(journal, 700)
    assert agrees(journal.columns, events)
    events += fill(journal, 3)
    assert agrees(journal.columns, events)


@pytest.mark.parametrize("name", ["journal", None], ids=["file", "memory"])
def test_they_are_the_same_where_they_are_asked_for_late(name: str | None, tmp_path: Path) -> None:
    """By then the oldest events are in the file only, or nowhere."""
    journal = Journal.create(tmp_path / name if name else None, keep=5_000)
    for _ in range(5):
        fill(journal, 4_000)
        journal.flush()
    assert (journal.first == 0) == (name is not None)
    events = journal.read(journal.first, len(journal))
    assert agrees(journal.columns, events, journal.first)
    first = journal.columns.first
    events += fill(journal, 3)
    assert agrees(journal.columns, events[journal.columns.first - first :], journal.columns.first)
    journal.close()


def test_they_are_the_same_from_a_file(path: Path) -> None:
    events = recorded(path, 700)
    journal = Journal.open(path)
    assert journal.wait_indexed(60)
    assert agrees(journal.columns, events)
    assert journal.columns.programs() == ["client", "server"]
    assert "accept" in journal.columns.calls()
    journal.close()


@settings(deadline=None)
@given(st.lists(any_event, max_size=20))
def test_an_outline_tells_what_the_event_does(events: list[AnyEvent]) -> None:
    for n, event in enumerate(events):
        force_setattr(event, "n", n)
    decoded, outlined = Columns(), Columns()
    decoded.take(events)
    outlined.take_outlines(outlines(encode(events), 0))
    assert agrees(decoded, events)
    assert agrees(outlined, events)
    assert decoded.born == outlined.born


def test_an_accept_tells_where_a_socket_came_from() -> None:
    columns = Columns()
    columns.take([call(0), call(1, name="accept", sock=1, new_sock=5), call(2, sock=5)])
    assert columns.born == {5: 1}


def test_dropping_keeps_the_numbers() -> None:
    columns = Columns()
    events: list[AnyEvent] = [call(i, name="accept", new_sock=100 + i) for i in range(10)]
    columns.take(events)
    columns.drop(4)
    assert columns.first == 4
    assert agrees(columns, events[4:], first=4)
    assert columns.born == {100 + i: i for i in range(4, 10)}
    start, kinds, socks = columns.slice(0, 6)
    assert (start, len(kinds), list(socks)) == (4, 2, [4, 5])


def test_the_events_of_a_frame_are_found_by_its_number(path: Path) -> None:
    verdicts: list[Verdict] = ["held", "delivered"]
    journal = Journal.create(path)
    for id in (7, 0, 2**31 - 3, -5, 2**40):
        journal.append(Frame(t=0, id=id, sender="a", receiver="b", size=1, data=b"x"))
        for verdict in verdicts:
            journal.append(Fate(t=0, id=id, verdict=verdict))
    journal.close()
    again = Journal.open(path)
    again.wait_indexed(60)
    for columns in (journal.columns, again.columns):
        found = list(columns.slice(0, 15)[2])
        for place, id in enumerate((7, 0, 2**31 - 3)):
            assert [n for n, code in enumerate(found) if code == of_frame(id)] == [
                3 * place + event for event in range(3)
            ]
        assert set(found[9:]) == {-1}  # no number that a column could have
        assert [columns.kind(n).verdict for n in (0, 1, 2)] == [None, *verdicts]
        assert columns.sock(0) is None
        assert columns.calls() == []
    again.close()


def test_which_kinds_there_are_in_a_stretch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns_module, "SPAN", 10)
    columns = Columns()
    columns.take([call(i, name="send", error=None, program="p") for i in range(20)])
    columns.take([Note(t=0, text="now") for _ in range(15)])
    assert [columns.present(start, stop) for start, stop in ((0, 5), (3, 20), (20, 30))] == [
        1,
        1,
        2,
    ]
    assert columns.present(15, 25) == 0b11
    assert columns.present(30, 35) is None  # more may come there
    assert columns.present(0, 35) is None
    columns.take([call(i, name="recv", error=None, program="p") for i in range(5)])
    assert columns.present(30, 40) == 0b110
    columns.drop(12)
    assert columns.present(12, 20) is None  # no longer all there
    assert columns.present(20, 30) == 0b10


def test_an_excerpt_may_know_of_more_kinds_than_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns_module, "SPAN", 10)
    journal = Journal.create()
    journal.append(call(0))
    for _ in range(9):
        journal.append(Note(t=0, text="now"))
    assert Excerpt(journal, 5).columns.present(0, 5) == 0b11


@pytest.mark.parametrize("count", [1, 70_000])
def test_any_number_of_kinds(count: int) -> None:
    columns = Columns()
    columns.take([Call(t=0, name="recv", program=f"client-{i}") for i in range(count)])
    assert len(columns.table) == count
    assert columns.kind(count - 1).program == f"client-{count - 1}"
