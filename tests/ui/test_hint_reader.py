"""Reading a journal for hints: all of it while that is no trouble, never anything false."""

from __future__ import annotations

from pathlib import Path

import pytest

from socklab.events import State, Wait
from socklab.journal import Excerpt, Journal
from socklab.model.hints import HintFinder
from socklab.ui.panes import hint_reader
from socklab.ui.panes.hint_reader import HintReader
from tests.ui.panes import HERE, NOON, Told

SECOND = 10**9


def merged(told: Told) -> None:
    """Two sends of the client's, received as one."""
    told.send(b"AB")
    told.send(b"CD")
    told.recv(b"ABCD")


def echoes(told: Told, count: int) -> None:
    """Bytes that come as they were sent."""
    for _index in range(count):
        told.send(b"x")
        told.recv(b"x")


def again(told: Told, sock: int) -> None:
    """Another connection, of sockets `sock` and `sock + 1`: two sends, received as one."""
    there = ("127.0.0.1", 50_000 + sock)
    tcp = ("AF_INET", "SOCK_STREAM", 0)
    told.call("client", "socket", *tcp, sock=sock, result=3)
    told.call("client", "connect", HERE, sock=sock, local=there, remote=HERE)
    told.call("server", "accept", result=5, new_sock=sock + 1, local=HERE, remote=there)
    told.send(b"AB", sock=sock)
    told.send(b"CD", sock=sock)
    told.call("server", "recv", 99, "0", sock=sock + 1, fd=5, size=4, result=4, data=b"ABCD")


def connected() -> Told:
    told = Told()
    told.connection()
    told.accept()
    return told


def rules(reader: HintReader) -> list[str]:
    return [hint.rule for hint in reader.hints()]


def test_it_finds_what_all_events_in_a_row_tell() -> None:
    told = connected()
    echoes(told, 300)
    merged(told)
    again(told, 10)
    told.call("server", "close", sock=3, fd=4)
    told.send(b"lost")
    told.call("client", "send", "0", sock=2, error="EPIPE")
    reader = HintReader(told.journal)
    while reader.behind:
        reader.advance(0)  # a block at a time
    finder = HintFinder()
    for event in told.journal.read(0, len(told.journal)):
        finder.apply(event)
    assert reader.hints() == list(finder.hints)
    assert rules(reader) == ["merged", "merged", "epipe"]


def test_in_a_flood_nothing_is_counted_that_was_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hint_reader, "FLOOD", 1000)
    told = connected()
    reader = HintReader(told.journal)
    reader.advance(1)
    told.send(b"AB")
    echoes(told, 4000)
    again(told, 10)  # born in the flood
    echoes(told, 1000)
    reader.advance(1)
    assert not reader.behind
    merged(told)
    told.recv(b"AB")
    again(told, 20)
    reader.advance(1)
    assert [hint.sock for hint in reader.hints()] == [21]


def test_a_program_that_gets_on_in_a_flood_no_longer_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hint_reader, "FLOOD", 10)
    told = connected()
    wait = Wait(t=told.now(), program="client", name="recv", sock=2, fd=3)
    told.journal.append(wait)
    reader = HintReader(told.journal)
    reader.advance(1)
    echoes(told, 50)
    told.call("client", "recv", 9, "0", sock=2, size=1, result=1)
    echoes(told, 50)
    reader.advance(1)
    told.journal.append(Wait(t=told.now(), program="server", name="recv", sock=3, fd=4))
    reader.advance(1)
    assert rules(reader) == []


def test_a_torrent_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hint_reader, "FLOOD", 100)
    monkeypatch.setattr(hint_reader, "TORRENT", 1000)
    told = connected()
    reader = HintReader(told.journal)
    echoes(told, 2000)
    merged(told)
    again(told, 10)
    reader.advance(1)
    assert reader.position == len(told.journal)
    again(told, 20)
    reader.advance(1)
    assert 21 in [hint.sock for hint in reader.hints()]
    assert 3 not in [hint.sock for hint in reader.hints()]


def test_what_lasts_is_seen_by_the_clock() -> None:
    told = connected()
    told.call("client", "close", sock=2)
    for old, new in (("CLOSE", "ESTABLISHED"), ("ESTABLISHED", "CLOSE_WAIT")):
        told.journal.append(
            State(t=told.now(), program="server", sock=3, fd=4, old=old, new=new, source="kernel")
        )
    told.journal.now = lambda: NOON + 4 * SECOND  # type: ignore[method-assign]
    reader = HintReader(told.journal)
    reader.advance(1)
    assert rules(reader) == []
    told.journal.now = lambda: NOON + 6 * SECOND  # type: ignore[method-assign]
    reader.advance(1)
    assert rules(reader) == ["close-wait"]


def test_moments_of_a_recording() -> None:
    told = connected()
    merged(told)
    middle = len(told.journal)
    again(told, 10)
    echoes(told, 100)
    reader = HintReader(Excerpt(told.journal, len(told.journal)))
    reader.advance(1)
    assert rules(reader) == ["merged", "merged"]
    position = reader.position
    assert reader.show(Excerpt(told.journal, middle))
    assert rules(reader) == ["merged"]
    assert reader.show(Excerpt(told.journal, middle - 1))
    assert rules(reader) == []
    assert (reader.behind, reader.position) == (0, position)  # nothing is read again
    assert not reader.show(connected().journal)


def test_a_recording_is_read_from_its_start(tmp_path: Path) -> None:
    told = Told(Journal.create(tmp_path / "j.jsonl"))
    told.connection()
    told.accept()
    merged(told)
    echoes(told, hint_reader.FLOOD)
    told.journal.close()
    opened = Journal.open(tmp_path / "j.jsonl")
    opened.wait_indexed()
    reader = HintReader(opened)
    assert reader.has_past
    reader.advance(5)
    assert rules(reader) == ["merged"]
    assert not reader.has_past
    opened.close()


def test_a_memory_journal_that_has_dropped_its_first_events() -> None:
    told = Told(Journal.create(None, keep=200))
    told.connection()
    told.accept()
    merged(told)
    echoes(told, 5000)
    assert told.journal.first > 0
    reader = HintReader(told.journal)
    again(told, 10)
    reader.advance(1)
    assert [hint.sock for hint in reader.hints()] == [11]
