from __future__ import annotations

from socklab.events import Note
from socklab.export import EXPORTERS
from socklab.export.text import write_text
from socklab.model.logline import log_row, row_text
from socklab.model.units import clock_text, date_text
from tests.export.journal import ListJournal, T, session


def test_a_header_and_then_the_logs_own_rows() -> None:
    journal = ListJournal(session())

    def meaning(error: str, call: str) -> str:
        return f"{call} says {error}"

    lines = "".join(write_text(journal, meaning)).splitlines()
    assert lines[:2] == [f"# socklab journal, begun {date_text(T)}", "# Linux 6.18, Python 3.11.7"]
    events = journal.read(0, len(journal))
    assert lines[2:] == [row_text(log_row(event, meaning)) for event in events]
    assert lines[4] == f"{clock_text(T)}  server    socket(AF_INET, SOCK_STREAM, 0) = 3  <12 µs>"
    assert lines[8].endswith("= -1 ECONNREFUSED  <88 µs>  connect says ECONNREFUSED")


def test_the_exporter_explains_a_failed_call() -> None:
    lines = "".join(EXPORTERS["text"].write(ListJournal(session()))).splitlines()
    failed = next(line for line in lines if "ECONNREFUSED  <" in line)
    assert len(failed.split("<88 µs>  ")[1]) > 10


def test_what_memory_no_longer_holds_is_said() -> None:
    lines = "".join(write_text(ListJournal(session(), first=10))).splitlines()
    assert "10" in lines[2]
    assert lines[2].startswith("# ")
    assert len(lines) == 3 + 4


def test_one_event_is_one_line() -> None:
    events = [Note(t=T, text="two\nlines\x1b[2J\u2028and three") for _ in range(3)]
    text = "".join(write_text(ListJournal(events)))
    assert len(text.splitlines()) == 2 + 3
    assert "\x1b" not in text
