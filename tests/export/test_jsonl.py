from __future__ import annotations

import json

import msgspec

from socklab.events import AnyEvent, Header
from socklab.export.jsonl import event_line, header_line, write_jsonl
from tests.export.journal import ListJournal, session


def test_every_line_is_read_back_as_it_was() -> None:
    journal = ListJournal(session())
    header, *lines = "".join(write_jsonl(journal)).splitlines()
    assert msgspec.json.decode(header, type=Header) == journal.header
    events = [msgspec.json.decode(line, type=AnyEvent) for line in lines]
    assert events == journal.read(0, len(journal))


def test_names_are_the_journals() -> None:
    lines = [json.loads(line) for line in "".join(write_jsonl(ListJournal(session()))).splitlines()]
    assert lines[0]["type"] == "socklab-journal"
    assert lines[1]["type"] == "command"
    assert [line["n"] for line in lines[1:]] == list(range(len(session())))


def test_single_lines_are_the_same_lines() -> None:
    journal = ListJournal(session())
    lines = [header_line(journal.header), *map(event_line, journal.read(0, len(journal)))]
    assert lines == "".join(write_jsonl(journal)).splitlines()


def test_a_journal_without_events_is_its_header() -> None:
    assert len("".join(write_jsonl(ListJournal([]))).splitlines()) == 1
