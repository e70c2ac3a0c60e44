from __future__ import annotations

import pytest

from socklab.events import AnyEvent, Command, Note
from socklab.export import EXPORTERS, FOLDERS
from socklab.journal.journal import Journal
from tests.export.journal import ListJournal, T, session


def test_the_formats() -> None:
    assert list(EXPORTERS) == ["text", "lab", "ladder", "mermaid", "html", "csv", "jsonl"]
    assert list(FOLDERS) == ["python", "c"]
    for name, exporter in EXPORTERS.items():
        assert exporter.name == name
        assert exporter.summary
        assert exporter.suffix.startswith(".")


@pytest.mark.parametrize("name", EXPORTERS)
def test_a_long_journal_is_read_in_small_parts(name: str) -> None:
    events: list[AnyEvent] = [Note(t=T, text="tick") for _ in range(10_000)]
    events[5000] = Command(t=T, program="a", text="close 3", origin="form")
    journal = ListJournal(events)
    pieces = EXPORTERS[name].write(journal)
    assert journal.most == 0  # nothing is read before the first piece is asked for
    text = "".join(pieces)
    assert 0 < journal.most < 5000
    assert text.endswith("\n")
    if name in ("text", "lab", "csv", "jsonl"):
        assert text.count("close 3") == 1
    if name in ("text", "csv", "jsonl"):
        assert text.count("tick") == 9_999


@pytest.mark.parametrize("name", EXPORTERS)
def test_an_export_is_safe_to_print(name: str) -> None:
    text = "".join(EXPORTERS[name].write(ListJournal([*session(), Note(t=T, text="\x1b[2J\x9b")])))
    if name == "jsonl":  # the lines as they are; JSON itself escapes what is below a blank
        assert "\x1b" not in text
    else:
        assert all(line.isprintable() for line in text.split("\n"))


@pytest.mark.parametrize("name", EXPORTERS)
def test_a_real_journal_exports_the_same(name: str) -> None:
    listed, journal = ListJournal(session()), Journal.create()
    for event in listed.read(0, len(listed)):
        journal.append(event)
    listed.header = journal.header
    assert "".join(EXPORTERS[name].write(journal)) == "".join(EXPORTERS[name].write(listed))
    journal.close()
