from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields

from socklab.events import EVENT_TYPES, AnyEvent, Call, Frame, Note
from socklab.export.tables import COLUMNS, write_csv
from tests.export.journal import ListJournal, T, session
from tests.model.test_escaping import unescaped


def rows(events: list[AnyEvent]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(write_csv(ListJournal(events))), newline="")))


def test_every_field_of_every_event_has_its_column() -> None:
    known = {field.name for kind in EVENT_TYPES for field in fields(kind)}
    assert known <= set(COLUMNS)
    assert len(COLUMNS) == len(set(COLUMNS))


def test_one_row_an_event() -> None:
    table = rows(session())
    assert [row["n"] for row in table] == [str(n) for n in range(len(session()))]
    assert [row["type"] for row in table[:5]] == ["command", "program", "call", "command", "note"]
    assert all(None not in row and None not in row.values() for row in table)


def test_a_call() -> None:
    made, failed, got = (rows(session())[n] for n in (2, 6, 10))
    assert (made["name"], made["args"]) == ("socket", "AF_INET, SOCK_STREAM, 0")
    assert (made["result"], made["duration"], made["cut"]) == ("3", "12000", "0")
    assert (made["t"], made["time"]) == (str(T), "2024-03-01T03:00:01.123456Z")
    assert (failed["result"], failed["error"], failed["args"]) == (
        "",
        "ECONNREFUSED",
        "127.0.0.1:8080",
    )
    assert (got["data"], got["size"], got["peer"]) == (r"'=1+\xff", "3", "127.0.0.1:8080")


def test_a_field_that_does_not_apply_is_empty() -> None:
    note = rows([Note(t=T, text="x")])[0]
    filled = {column for column, cell in note.items() if cell}
    assert filled == {"n", "t", "time", "type", "text", "level"}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", "'"])
def test_no_text_begins_a_formula(start: str) -> None:
    text = start + 'cmd|" /C calc"!A0,;'
    events: list[AnyEvent] = [
        Note(t=T, text=text),
        Call(t=T, name="recv", data=text.encode(), error=text, args=(text,), value=text),
        Frame(t=T, id=1, sender=text, receiver=text, size=0, data=text.encode()),
    ]
    cells = [cell for row in rows(events) for cell in row.values() if "calc" in cell]
    assert len(cells) == 1 + 4 + 3
    assert all(cell.startswith("'" + start) for cell in cells)


def test_numbers_stay_numbers() -> None:
    row = rows([Call(t=T, name="getsockopt", result=-1, os_fd=-1, value=-5)])[0]
    assert (row["result"], row["os_fd"], row["value"]) == ("-1", "-1", "-5")


@given(st.binary())
def test_data_can_be_had_back(data: bytes) -> None:
    cell = rows([Call(t=T, name="recv", data=data)])[0]["data"]
    assert unescaped(cell.removeprefix("'")) == data


@given(st.text(), st.text())
def test_a_row_is_a_line(text: str, program: str) -> None:
    written = "".join(write_csv(ListJournal([Note(t=T, program=program, text=text)])))
    assert len(written.splitlines()) == 2
    assert len(next(csv.reader([written.splitlines()[1]]))) == len(COLUMNS)
