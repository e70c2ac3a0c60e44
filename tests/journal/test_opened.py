"""Opening a journal: cut off, damaged, foreign, unreadable, and large."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import msgspec
import pytest

from socklab.events import Call, Header, Note
from socklab.journal import Journal, JournalError
from socklab.journal import opened as opened_module
from tests.journal.samples import call, recorded

HEADER = msgspec.json.encode(Header(started=1_000)) + b"\n"
FIRST = b'{"type":"note","n":0,"t":5,"text":"first"}\n'
SECOND = b'{"type":"note","n":1,"t":6,"text":"second"}\n'


def opened(path: Path) -> Journal:
    journal = Journal.open(path)
    assert journal.wait_indexed(60)
    assert journal.indexed
    return journal


def texts(journal: Journal) -> list[str]:
    return [event.text for event in journal if isinstance(event, Note)]


def test_a_recorded_journal_comes_back_whole(path: Path) -> None:
    events = recorded(path, 5_000)
    journal = opened(path)
    assert len(journal) == len(events)
    assert list(journal) == events
    assert journal.columns.count == len(events)
    assert journal.path == path
    assert (journal.recording, journal.lost, journal.damage) == ("memory", 0, None)
    journal.close()


def test_cut_off_at_any_byte_it_opens_up_to_its_last_whole_line(tmp_path: Path) -> None:
    whole_path = tmp_path / "whole.jsonl"
    events = recorded(whole_path, 12)
    whole = whole_path.read_bytes()
    header = whole.index(b"\n") + 1
    for size in range(len(whole) + 1):
        path = tmp_path / "cut.jsonl"
        path.write_bytes(whole[:size])
        if size < header:
            with pytest.raises(JournalError):
                Journal.open(path)
            continue
        journal = opened(path)
        assert list(journal) == events[: whole.count(b"\n", header, size)]
        assert journal.damage is None
        journal.close()


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"garbage\n",
        b"[1, 2]\n",
        b'{"type":"note","n":2,"t":7\n',
        b'{"type":"note","n":7,"t":7,"text":"out of order"}\n',
        b'{"type":"call","n":2,"t":7,"name":"recv","sock":99999999999}\n',
        b'{"type":"note","n":2,"t":7,"text":"a"}{"type":"note","n":3,"t":7,"text":"b"}\n',
        b'{"type":"later","n":"2"}\n',
        b"\x00" * 100 + b"\n",
        b"[" * 100_000 + b"\n",
    ],
    ids=[
        "blank",
        "garbage",
        "array",
        "unclosed",
        "number",
        "socket",
        "two in one",
        "type",
        "zeros",
        "nested",
    ],
)
def test_a_damaged_line_ends_the_journal_and_says_so(path: Path, line: bytes) -> None:
    after = b'{"type":"note","n":3,"t":8,"text":"after"}\n'
    path.write_bytes(HEADER + FIRST + SECOND + line + after)
    journal = opened(path)
    assert texts(journal) == ["first", "second"]
    assert len(journal) == journal.columns.count == 2
    assert journal.damage is not None
    assert "2 events" in journal.damage
    journal.close()


@pytest.mark.parametrize("text", [b'"\xff"', b"42"])
def test_damage_within_a_text_costs_only_that_event(path: Path, text: bytes) -> None:
    line = b'{"type":"note","n":1,"t":7,"text":' + text + b"}\n"
    path.write_bytes(HEADER + FIRST + line + SECOND.replace(b'"n":1', b'"n":2'))
    journal = opened(path)
    assert len(texts(journal)) == 3
    assert "damaged" in texts(journal)[1]
    assert texts(journal)[::2] == ["first", "second"]
    journal.close()


@pytest.mark.parametrize("state", ["ESTABLISHER", "", "CLOSE_", "7"])
def test_a_state_that_tcp_does_not_have_is_damage(path: Path, state: str) -> None:
    line = f'{{"type":"state","n":0,"t":7,"sock":1,"old":"CLOSE","new":"{state}","source":"call"}}'
    path.write_bytes(HEADER + line.encode() + b"\n" + SECOND)
    journal = opened(path)
    assert "damaged" in texts(journal)[0]
    assert texts(journal)[1] == "second"
    journal.close()


def test_a_line_without_end_is_damage(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opened_module, "LONGEST_LINE", 1_000)
    path.write_bytes(HEADER + FIRST + b"x" * 2_000)
    journal = opened(path)
    assert texts(journal) == ["first"]
    assert journal.damage is not None
    journal.close()


def test_an_unknown_type_keeps_its_place(path: Path) -> None:
    strange = b'{"type":"comet","n":1,"t":9,"sock":"Halley","name":[1]}\n'
    path.write_bytes(HEADER + FIRST + strange + SECOND.replace(b'"n":1', b'"n":2'))
    journal = opened(path)
    note = journal[1]
    assert isinstance(note, Note)
    assert (note.n, note.t, note.level) == (1, 9, "info")
    assert texts(journal)[::2] == ["first", "second"]
    assert [journal.columns.kind(n).type for n in range(3)] == [Note, Note, Note]
    assert journal.damage is None
    journal.close()


def test_a_new_field_is_skipped_and_a_new_value_is_said(path: Path) -> None:
    newer_field = b'{"type":"note","n":0,"t":5,"text":"first","mood":"glad"}\n'
    newer_value = b'{"type":"note","n":1,"t":6,"text":"second","level":"grave"}\n'
    path.write_bytes(HEADER + newer_field + newer_value)
    journal = opened(path)
    assert texts(journal)[0] == "first"
    assert journal[1].t == 6
    assert "version" in texts(journal)[1]
    journal.close()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\n", "isn't a socklab journal"),
        (b"\x7fELF\x02\x01\x01", "isn't a socklab journal"),
        (b"\xff\xfe" * 500_000, "isn't a socklab journal"),
        (b'{"type":"something-else","version":1}\n', "isn't a socklab journal"),
        (FIRST, "isn't a socklab journal"),
        (HEADER[:-1], "cut off"),
        (HEADER[:30], "cut off"),
        (HEADER.replace(b'"version":1', b'"version":2'), "update socklab"),
    ],
    ids=[
        "empty",
        "blank",
        "elf",
        "binary",
        "other type",
        "no header",
        "header without end",
        "half a header",
        "newer",
    ],
)
def test_what_is_no_journal_is_refused_in_one_sentence(
    path: Path, content: bytes, says: str
) -> None:
    path.write_bytes(content)
    with pytest.raises(JournalError, match=says) as refusal:
        Journal.open(path)
    assert "\n" not in str(refusal.value)
    assert "lab.jsonl" in str(refusal.value)


def test_a_directory_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="directory"):
        Journal.open(tmp_path)
    with pytest.raises(JournalError, match="check the path"):
        Journal.open(tmp_path / "nothing.jsonl")
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(JournalError, match="can't be read"):
        Journal.open(file / "lab.jsonl")


def test_a_file_without_permission_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(HEADER)

    def refuse(*_args: object, **_options: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)  # mode bits don't stop root
    with pytest.raises(JournalError, match="may not be read"):
        Journal.open(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused_and_not_waited_for(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(JournalError, match="regular file"):
        Journal.open(path)


def test_a_recorded_journal_takes_no_events(path: Path) -> None:
    recorded(path, 3)
    journal = opened(path)
    with pytest.raises(JournalError):
        journal.append(call(0))
    assert len(journal) == 3
    journal.close()


def test_it_is_found_in_the_background_and_watchers_are_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = recorded(path, 3_000)
    monkeypatch.setattr(opened_module, "CHUNK", 10_000)
    journal = Journal.open(path)
    grown = threading.Event()
    while not journal.indexed:
        grown.clear()
        journal.watch(grown.set)
        if not journal.indexed:
            assert grown.wait(60)
        size = len(journal)
        assert [event.n for event in journal.read(0, size)] == list(range(size))
        assert journal.columns.count >= size
    assert len(journal) == len(events)
    journal.close()


def test_it_can_be_closed_while_it_is_still_searched(path: Path) -> None:
    recorded(path, 20_000)
    journal = Journal.open(path)
    journal.close()
    assert [event.n for event in journal.read(0, 50)] == list(range(min(50, len(journal))))
    journal.close()


def test_a_file_that_shrinks_afterwards_gives_notes(path: Path) -> None:
    recorded(path, 1_000)
    journal = opened(path)
    os.truncate(path, 2_000)
    events = journal.read(0, len(journal))
    assert [event.n for event in events] == list(range(len(journal)))
    assert isinstance(events[0], Call)
    assert isinstance(events[-1], Note)
    journal.close()


def test_a_journal_can_be_opened_while_it_is_recorded(path: Path, journal: Journal) -> None:
    for i in range(500):
        journal.append(call(i))
    journal.flush()
    other = opened(path)
    assert list(other) == list(journal)
    other.close()
