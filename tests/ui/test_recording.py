"""Any moment of a recording, forwards and back; and what there is to find in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.events import AnyEvent, Call, Note, State
from socklab.journal import Journal
from socklab.journal import opened as opened_module
from socklab.model.sockets import SocketTable
from socklab.ui import recording as recording_module
from socklab.ui.landmarks import Landmarks, after, before
from socklab.ui.recording import Moment, Recording
from socklab.ui.tables import Tables
from tests.journal.samples import any_event, recorded
from tests.ui.panes import NOON
from tests.ui.paper import conversation

PLENTY = 10.0


def table_of(events: list[AnyEvent]) -> SocketTable:
    table = SocketTable()
    for event in events:
        table.apply(event)
    return table


def moment_of(journal: Journal) -> Moment:
    moment = Moment(Recording(journal))
    moment.advance(PLENTY)
    assert not moment.behind
    return moment


@given(st.lists(st.integers(-2, 30), max_size=8))
def test_every_moment_is_what_the_events_until_then_come_to(way: list[int]) -> None:
    journal = conversation().journal
    events = list(journal)
    moment = moment_of(journal)
    for count in way:
        moment.go_to(count)
        moment.advance(PLENTY)
        shown = max(0, min(count, len(events)))
        assert moment.count == len(moment.journal) == shown
        assert list(moment.journal) == events[:shown]
        assert moment.table.sockets == table_of(events[:shown]).sockets
        assert moment.at_end == (count >= len(events))


@given(st.lists(any_event, max_size=40), st.lists(st.integers(0, 40), max_size=5))
def test_the_sockets_of_any_moment_are_those_of_all_events_before(
    events: list[AnyEvent], way: list[int]
) -> None:
    journal = Journal.create()
    for event in events:
        journal.append(event)
    tables = Tables(journal, waits=True)
    while not tables.advance(0, len(events)):
        pass
    for count in way:
        table, expected = tables.at(count), table_of(events[:count])
        assert table.sockets == expected.sockets
        assert table.programs == expected.programs
        assert table.now_blocked == expected.now_blocked


def test_far_ahead_the_journal_is_another_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording_module, "FAR", 4)
    moment = moment_of(conversation().journal)
    moment.go_to(2)
    moment.advance(PLENTY)
    early = moment.journal
    moment.go_to(9)
    moment.advance(PLENTY)
    assert moment.journal is not early
    assert len(moment.journal) == 9
    assert len(early) == 2


def test_forwards_the_journal_grows_and_back_it_is_another() -> None:
    moment = moment_of(conversation().journal)
    at_end = moment.journal
    moment.go_to(3)
    moment.advance(PLENTY)
    early = moment.journal
    assert early is not at_end
    moment.go_to(7)
    moment.advance(PLENTY)
    assert moment.journal is early
    assert len(early) == 7
    assert len(at_end) == len(moment.whole)


def test_nothing_changes_before_the_next_frame() -> None:
    moment = moment_of(conversation().journal)
    table, journal = moment.table, moment.journal
    moment.go_to(2)
    assert (moment.table, moment.journal) == (table, journal)
    assert moment.wanted == 2
    assert moment.wanted_time == moment.times.at(2)


def test_a_moment_between_two_events_has_a_time_of_its_own() -> None:
    moment = moment_of(conversation().journal)
    later = moment.times.at(4) + 50
    moment.go_to(4, later)
    moment.advance(PLENTY)
    assert moment.now == moment.wanted_time == later
    moment.go_to(4)
    moment.advance(PLENTY)
    assert moment.now == moment.times.at(4)


def test_the_end_moves_while_the_recording_is_being_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opened_module, "CHUNK", 4_000)
    path = tmp_path / "long.jsonl"
    events = recorded(path, 2_000)
    journal = Journal.open(path)
    moment = Moment(Recording(journal))
    while not (journal.indexed and moment.count == len(events)):
        moment.advance(0.001)
        assert moment.count <= len(journal)
    while moment.behind:
        moment.advance(0.001)
    assert moment.at_end
    assert moment.table.sockets == table_of(events).sockets
    journal.close()


def test_what_cannot_be_shown_yet_is_shown_as_soon_as_it_has_been_read() -> None:
    journal = Journal.create()
    for n in range(20_000):
        journal.append(Note(t=NOON + n, text="much"))
    moment = Moment(Recording(journal))
    moment.advance(0.0)
    moment.go_to(15_000)
    seen = []
    while moment.behind:
        moment.advance(0.0005)
        seen.append((moment.count, moment.position))
    assert all(count == 15_000 for count, _position in seen)
    assert moment.times.ready == 20_000


def test_while_it_is_read_the_sockets_are_shown_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recording_module, "GLIMPSE", 1e9)
    journal = conversation().journal
    for n in range(20_000):
        journal.append(Note(t=NOON + n, text="much"))
    moment = Moment(Recording(journal))
    assert moment.advance(0.0)
    seen = [moment.table]
    while moment.behind:
        moment.advance(0.0005)
        seen.append(moment.table)
    moment.advance(0.0)
    assert all(table is seen[0] for table in seen[:-1])
    assert moment.table.sockets == table_of(list(journal)).sockets


def failed(error: str) -> Call:
    return Call(t=NOON, program="p", name="connect", sock=1, error=error)


def test_landmarks_are_found_in_both_directions() -> None:
    journal = Journal.create()
    state = State(t=NOON, sock=1, old="CLOSE", new="LISTEN", source="kernel")
    told: list[AnyEvent] = [Note(t=NOON, text="a"), state, failed("EAGAIN"), failed("EPIPE"), state]
    for event in [*told, Note(t=NOON, text="b", level="error")]:
        journal.append(event)
    landmarks = Landmarks(journal)
    assert before(landmarks.errors, 6) == 5  # though none has been looked for yet
    assert before(landmarks.errors, 5) == 3
    assert before(landmarks.errors, 3) is None
    while not landmarks.advance(0.01):
        pass
    assert landmarks.found == (2, 2)
    assert [after(landmarks.states, n) for n in (0, 1, 2, 5)] == [1, 1, 4, None]
    assert [after(landmarks.errors, n) for n in (0, 4, 6)] == [3, 5, None]
